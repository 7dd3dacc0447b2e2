# frozen_string_literal: true

# As unpacker.rb: what extended types become.

module MessagePack
  class Unpacker
    # @!group What extended types become

    # Says what a type number becomes, for all Unpackers that say nothing else.
    #
    # Source: the fork's wiki.
    #
    # @param typenr [Integer] the type number, 0..127
    # @param target [#from_exttype, #call, false, nil] or a block, as of {#register_exttype}
    # @yieldparam typenr [Integer] the type number
    # @yieldparam data [String] the payload
    # @yieldreturn [Object] what becomes of it
    # @return [Integer] the type number
    # @raise (see #register_exttype)
    # @example
    #   MessagePack::Unpacker.register_exttype(1) { |_type, data| data.to_sym }  # => 1
    #   MessagePack.unpack("\xD4\x01a")                                          # => :a
    def self.register_exttype(typenr, target = nil); end

    # What is registered for a type number for all Unpackers: the third step of the lookup chain.
    #
    # Source: the fork's wiki.
    #
    # @param typenr [Integer] the type number, -128..127
    # @return [Object, false, nil] the target as it was given
    # @raise [RangeError] if the number is out of range
    # @raise [::TypeError] if it is no Integer
    # @example
    #   MessagePack::Unpacker.register_exttype(1, MessagePack::Extended)
    #   MessagePack::Unpacker.exttype(1)  # => MessagePack::Extended
    #   MessagePack::Unpacker.exttype(2)  # => nil
    def self.exttype(typenr); end

    # What becomes of extended types for which nothing else says it: the last step of the lookup chain.
    #
    # Source: the fork's wiki.
    #
    # @return [Object, false, nil] the target as it was given, {ExtType} at first
    # @example
    #   MessagePack::Unpacker.default_exttype  # => MessagePack::ExtType
    def self.default_exttype; end

    # Says what becomes of extended types for which nothing else says it.
    #
    # Source: the fork's wiki.
    #
    # @param target [#from_exttype, #call, false, nil] as of {#register_exttype}
    # @return [Object] the target
    # @raise [ArgumentError] if it is a Class or Module with neither method
    # @raise [::TypeError] if it is anything else without `call`
    # @example
    #   MessagePack::Unpacker.default_exttype = false
    #   MessagePack.unpack("\xD6@abcd")  # raises MessagePack::UnknownExtTypeError
    def self.default_exttype=(target); end

    # Says what a type number becomes.
    #
    # Source: the fork's wiki.
    #
    # @param typenr [Integer] the type number, 0..127
    # @param target [#from_exttype, #call, false, nil] or a block. A Class or Module with `from_exttype(typenr,
    #   data)`; something with `call(typenr, data)`; false forbids the type; nil leaves it to the next step of the
    #   lookup chain
    # @yieldparam typenr [Integer] the type number
    # @yieldparam data [String] the payload, ASCII-8BIT and not frozen
    # @yieldreturn [Object] what becomes of it
    # @return [Integer] the type number
    # @raise [ArgumentError] if the number is out of range, if there is no target or one too many, or if it is a
    #   Class or Module with neither method
    # @raise [::TypeError] if it is anything else without `call`
    # @raise [FrozenError] if the unpacker is frozen
    # @example
    #   unpacker = MessagePack::Unpacker.new
    #   unpacker.register_exttype(1) { |_type, data| data.upcase }  # => 1
    #   unpacker.feed("\xD4\x01a").read                             # => "A"
    def register_exttype(typenr, target = nil); end

    # What is registered for a type number here: the first step of the lookup chain.
    #
    # Source: the fork's wiki.
    #
    # @param typenr [Integer] the type number, -128..127
    # @return [Object, false, nil] the target as it was given
    # @raise [RangeError] if the number is out of range
    # @raise [::TypeError] if it is no Integer
    # @example
    #   unpacker = MessagePack::Unpacker.new
    #   unpacker.register_exttype(1, false)
    #   [unpacker.exttype(1), unpacker.exttype(2)]  # => [false, nil]
    def exttype(typenr); end

    # What a type number would become. The first of these that is not nil: {#exttype}, {#default_exttype},
    # `Unpacker.exttype`, `Unpacker.default_exttype`; the last step is left out if a Factory has made the unpacker.
    #
    # Source: the fork's wiki.
    #
    # @param typenr [Integer] the type number, -128..127
    # @return [Object, false, nil] the target as it was given; false or nil if the type is refused
    # @raise [RangeError] if the number is out of range
    # @raise [::TypeError] if it is no Integer
    # @example
    #   unpacker = MessagePack::Unpacker.new
    #   unpacker.resolve_exttype(1)  # => MessagePack::ExtType
    #   unpacker.default_exttype = false
    #   unpacker.resolve_exttype(1)  # => false
    def resolve_exttype(typenr); end

    # What becomes of types that are not registered here: the second step of the lookup chain.
    #
    # Source: the fork's wiki.
    #
    # @return [Object, false, nil] the target as it was given
    # @example
    #   MessagePack::Unpacker.new.default_exttype                          # => nil
    #   MessagePack::Unpacker.new(default_exttype: false).default_exttype  # => false
    def default_exttype; end

    # Says what becomes of types that are not registered here.
    #
    # Source: the fork's wiki.
    #
    # @param target [#from_exttype, #call, false, nil] as of {#register_exttype}
    # @return [Object] the target
    # @raise [ArgumentError] if it is a Class or Module with neither method
    # @raise [::TypeError] if it is anything else without `call`
    # @raise [FrozenError] if the unpacker is frozen
    # @example
    #   unpacker = MessagePack::Unpacker.new
    #   unpacker.default_exttype = ->(type, data) { [type, data] }
    #   unpacker.feed("\xD4\x01a").read  # => [1, "a"]
    def default_exttype=(target); end

    # Says what a type number becomes, in the way of the `msgpack` gem. It shares its table with {#register_exttype}.
    #
    # Source: the `msgpack` gem.
    #
    # @param typenr [Integer] the type number, -128..127
    # @param klass [Class, Module, nil] may be left out with a block
    # @param method [#call, Symbol, String, nil] or a block: it gets the payload. A name is that of a method of the
    #   class; nil leaves the type to the next step of the lookup chain
    # @yieldparam data [String] the payload, ASCII-8BIT and not frozen
    # @yieldreturn [Object] what becomes of it
    # @return [nil]
    # @raise [RangeError] if the number is out of range
    # @raise [ArgumentError] if there is no handler or one too many, or the class is something else
    # @raise [FrozenError] if the unpacker is frozen
    # @example
    #   unpacker = MessagePack::Unpacker.new
    #   unpacker.register_type(1, Symbol)  # => nil
    #   unpacker.feed("\xD4\x01a").read    # => :a
    def register_type(typenr, klass = nil, method = :from_msgpack_ext); end

    # The type numbers that {#register_type} or a Factory has registered.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Array<Hash>] with `:type`, `:class` and `:unpacker`, a Proc, sorted by type number
    # @example
    #   unpacker = MessagePack::Unpacker.new
    #   unpacker.register_type(1, Symbol)
    #   unpacker.registered_types.map { |type| type.slice(:type, :class) }  # => [{:type=>1, :class=>Symbol}]
    #   unpacker.registered_types.first[:unpacker].call("a")                # => :a
    def registered_types; end

    # Whether a class or a type number is registered.
    #
    # Source: the `msgpack` gem.
    #
    # @param klass_or_type [Class, Module, Integer]
    # @return [Boolean]
    # @raise [ArgumentError] if it is something else
    # @example
    #   unpacker = MessagePack::Unpacker.new
    #   unpacker.register_type(1, Symbol)
    #   [Symbol, 1, String, 2].map { |key| unpacker.type_registered?(key) }  # => [true, true, false, false]
    def type_registered?(klass_or_type); end

    # @!endgroup
  end
end
