# frozen_string_literal: true

# What YARD reads about a class that is written in Rust (ext/msgpack_ext/src/factory.rs). No program loads it. The rest
# of the class is in lib/msgpack/library/factory.rb.

module MessagePack
  # Extended types for both directions, and Packers and Unpackers that know them. What was made before a registration
  # does not know it.
  #
  # A frozen Factory takes no more registrations, and can be shared between Ractors if its handlers can. `dup` gives
  # one with the same registrations, and not frozen.
  #
  # Source: the `msgpack` gem.
  #
  # @example
  #   factory = MessagePack::Factory.new
  #   factory.register_type(1, Symbol)
  #   factory.load(factory.dump([:a, "a"]))  # => [:a, "a"]
  class Factory
    # Makes a Factory with no types.
    #
    # Source: the `msgpack` gem.
    #
    # @example
    #   MessagePack::Factory.new.registered_types  # => []
    def initialize; end

    # @!group Types

    # Registers a class, and those below it, with a type number. With options a direction that is left out is not
    # registered. An object of a class that is not registered is packed as the nearest class above it that is.
    #
    # Source: the `msgpack` gem.
    #
    # @param typenr [Integer] the type number, -128..127
    # @param klass [Class, Module]
    # @param options [Hash]
    # @option options [#call, Symbol, String, nil] :packer gets the object, and returns the payload. A name is that of
    #   a method of the object
    # @option options [#call, Symbol, String, nil] :unpacker gets the payload, and returns the object. A name is that
    #   of a method of the class
    # @option options [Boolean] :recursive (false) gives the packer a Packer behind the object, to write the payload
    #   to, and the unpacker an Unpacker over the payload in its place
    # @option options [Boolean] :optimized_symbols_parsing (false) makes Symbols of payloads without a call; for
    #   Symbol only
    # @option options [Boolean] :oversized_integer_extension (false) packs Integers as this type if 64 bits do not
    #   hold them; for Integer only
    # @option options [Boolean] :oversized_integer_extension_type (false) an older name of the last one
    # @return [nil]
    # @raise [RangeError] if the number is out of range
    # @raise [ArgumentError] if it is no Class or Module, or if an option is for another class
    # @raise [::TypeError] if a handler can't be called
    # @raise [FrozenError] if the factory is frozen
    # @example
    #   factory = MessagePack::Factory.new
    #   factory.register_type(1, Rational, packer: :to_s, unpacker: ->(payload) { payload.to_r })
    #   factory.dump(1r)              # => "\xC7\x03\x011/1"
    #   factory.load(factory.dump(1r))  # => (1/1)
    # @example A type that contains others
    #   factory = MessagePack::Factory.new
    #   factory.register_type(2, Range, recursive: true,
    #                                   packer: ->(range, packer) { packer.write([range.begin, range.end]) },
    #                                   unpacker: ->(unpacker) { Range.new(*unpacker.read) })
    #   factory.load(factory.dump("a".."c"))  # => "a".."c"
    def register_type(typenr, klass, options = { packer: :to_msgpack_ext, unpacker: :from_msgpack_ext }); end

    # What is registered.
    #
    # Source: the `msgpack` gem.
    #
    # @param selector [:both, :packer, :unpacker] for which direction
    # @return [Array<Hash>] with `:type`, `:class`, and `:packer`, `:unpacker` or both, Procs or nil, sorted by type
    #   number
    # @raise [ArgumentError] if the selector is another one
    # @example
    #   factory = MessagePack::Factory.new
    #   factory.register_type(1, Rational, packer: :to_s)
    #   factory.registered_types.map { |type| type.values_at(:type, :class, :unpacker) }  # => [[1, Rational, nil]]
    #   factory.registered_types(:unpacker)                                               # => []
    def registered_types(selector = :both); end

    # Whether a class, one of its ancestors, or a type number is registered.
    #
    # Source: the `msgpack` gem.
    #
    # @param klass_or_type [Class, Module, Integer]
    # @param selector [:both, :packer, :unpacker] for which direction
    # @return [Boolean]
    # @raise [ArgumentError] if an argument is something else
    # @example
    #   factory = MessagePack::Factory.new
    #   factory.register_type(1, Rational, packer: :to_s)
    #   factory.type_registered?(Rational)             # => true
    #   factory.type_registered?(Rational, :unpacker)  # => false
    def type_registered?(klass_or_type, selector = :both); end

    # @!endgroup

    # @!group What is made with them

    # A Packer that knows the types.
    #
    # Source: the `msgpack` gem.
    #
    # @param io [#write, #<<, nil] as of {Packer#initialize}
    # @param options [Hash, nil] those of {Packer#initialize}
    # @return [Packer]
    # @raise (see MessagePack::Packer#initialize)
    # @example
    #   factory = MessagePack::Factory.new
    #   factory.register_type(1, Symbol)
    #   factory.packer.write(:a).to_s  # => "\xD4\x01a"
    def packer(io = nil, options = nil); end

    # An Unpacker that knows the types, and refuses those that are not registered with it or with all Unpackers.
    #
    # Source: the `msgpack` gem.
    #
    # @param io [#readpartial, #read, nil] as of {Unpacker#initialize}
    # @param options [Hash, nil] those of {Unpacker#initialize}
    # @return [Unpacker]
    # @raise (see MessagePack::Unpacker#initialize)
    # @example
    #   factory = MessagePack::Factory.new
    #   factory.register_type(1, Symbol)
    #   unpacker = factory.unpacker.feed("\xD4\x01a\xD4\x02a")
    #   unpacker.read  # => :a
    #   unpacker.read  # raises MessagePack::UnknownExtTypeError
    def unpacker(io = nil, options = nil); end

    # Packs one object. A Hash as the second argument is the options.
    #
    # Source: the `msgpack` gem.
    #
    # @param object [Object]
    # @param io [#write, #<<, Packer, nil] where the bytes go
    # @param options [Hash, nil] those of {Packer#initialize}
    # @return [String, nil] the bytes, ASCII-8BIT; nil with an io
    # @raise (see MessagePack.pack)
    # @example
    #   factory = MessagePack::Factory.new
    #   factory.register_type(1, Symbol)
    #   factory.dump([:a])  # => "\x91\xD4\x01a"
    def dump(object, io = nil, options = nil); end
    alias pack dump

    # Unpacks exactly one object.
    #
    # Source: the `msgpack` gem.
    #
    # @param source [String, #to_str, #readpartial, #read] the bytes
    # @param options [Hash, nil] those of {Unpacker#initialize}
    # @return [Object]
    # @raise (see MessagePack.unpack)
    # @example
    #   factory = MessagePack::Factory.new
    #   factory.register_type(1, Symbol)
    #   factory.load("\x91\xD4\x01a")  # => [:a]
    #   factory.load("\xD4\x02a")      # raises MessagePack::UnknownExtTypeError
    def load(source, options = nil); end
    alias unpack load

    # @!endgroup

    # What it is, in a line.
    #
    # Source: new.
    #
    # @return [String]
    # @example
    #   MessagePack::Factory.new.inspect.start_with?("#<MessagePack::Factory ")  # => true
    def inspect; end
  end
end
