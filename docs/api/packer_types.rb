# frozen_string_literal: true

# As packer.rb: registering classes.

module MessagePack
  class Packer
    # @!group Registering classes

    # Registers a class, and those below it, as an extended type. Class and number may change places.
    #
    # With a number the handler returns the payload, and the packer writes header and payload; the predefined method
    # is `to_exttype`. With nil for the number the handler gets the packer too, and writes by itself; the predefined
    # method is `to_msgpack`. Of several registrations the nearest among the ancestors of an object's class serves
    # it, of those for one class the last one.
    #
    # Source: the fork's wiki.
    #
    # @param klass [Class, Module]
    # @param typenr [Integer, nil] the type number, 0..127
    # @param handler [#call, Symbol, String, false, nil] or a block. A name is that of a method of the object; false
    #   forbids the class; nil takes the registration away
    # @yieldparam object [Object] what is to be packed
    # @yieldparam packer [Packer] this one, if there is no number
    # @yieldreturn [String] the payload, if there is a number; without one anything but a String
    # @return [Class, Module] the class
    # @raise [ArgumentError] if the number is out of range, if there are a handler and a block, or for NilClass,
    #   TrueClass, FalseClass, Integer and Float, which are always packed natively
    # @raise [::TypeError] if an argument is of the wrong class
    # @raise [FrozenError] if the packer is frozen
    # @example
    #   packer = MessagePack::Packer.new
    #   packer.register_exttype(Range, 1) { |range| [range.begin, range.end].pack("C2") }  # => Range
    #   packer.write(1..2).to_s  # => "\xD5\x01\x01\x02"
    # @example Forbidding a class
    #   packer = MessagePack::Packer.new
    #   packer.register_exttype(Comparable, nil, false)
    #   packer.write(1r)  # raises TypeError
    def register_exttype(klass, typenr, handler = typenr ? :to_exttype : :to_msgpack); end

    # Registers a class, and those below it, to be packed by a handler that writes by itself:
    # {#register_exttype} with nil for the number.
    #
    # Source: the fork's wiki.
    #
    # @param klass [Class, Module]
    # @param handler [#call, Symbol, String, false, nil] or a block, as of {#register_exttype}; the predefined method
    #   is `to_msgpack`
    # @yieldparam object [Object] what is to be packed
    # @yieldparam packer [Packer] this one
    # @return [Class, Module] the class
    # @raise (see #register_exttype)
    # @example
    #   packer = MessagePack::Packer.new
    #   packer.register_lowlevel(Range) { |range, to| to.write([range.begin, range.end]) }
    #   packer.write(1..2).to_s  # => "\x92\x01\x02"
    def register_lowlevel(klass, handler = :to_msgpack); end

    # Takes the registration of a class away, whichever method has made it.
    #
    # Source: the fork's wiki.
    #
    # @param klass [Class, Module]
    # @return [nil]
    # @raise [::TypeError] if it is no Class or Module
    # @raise [FrozenError] if the packer is frozen
    # @example
    #   packer = MessagePack::Packer.new
    #   packer.register_exttype(Range, 1, :to_s)
    #   packer.unregister_exttype(Range)  # => nil
    #   packer.exttype(Range)             # => nil
    def unregister_exttype(klass); end

    # What is registered for exactly this class.
    #
    # Source: the fork's wiki.
    #
    # @param klass [Class, Module]
    # @return [Array(Integer, Object), false, nil] number or nil, and handler, frozen. The class stands for a handler
    #   that was left out. false if the class is forbidden, nil if it is not registered
    # @raise [::TypeError] if it is no Class or Module
    # @example
    #   packer = MessagePack::Packer.new
    #   packer.register_exttype(Range, 1, :to_s)
    #   packer.register_lowlevel(Rational)
    #   [Range, Rational, Array].map { |klass| packer.exttype(klass) }  # => [[1, :to_s], [nil, Rational], nil]
    def exttype(klass); end

    # What serves objects of this class: its own registration or the nearest among its ancestors, and what
    # `unknown_class:` says where there is none.
    #
    # Source: the fork's wiki.
    #
    # @param klass [Class, Module]
    # @return [Array(Integer, Object), false, nil] as {#exttype}
    # @raise [::TypeError] if it is no Class or Module
    # @example
    #   packer = MessagePack::Packer.new(unknown_class: false)
    #   packer.register_exttype(Numeric, 1, :to_s)
    #   packer.resolve_exttype(Rational)  # => [1, :to_s]
    #   packer.resolve_exttype(Range)     # => false
    def resolve_exttype(klass); end

    # Registers a class as an extended type, in the way of the `msgpack` gem. It shares its table with
    # {#register_exttype}.
    #
    # Source: the `msgpack` gem.
    #
    # @param typenr [Integer] the type number, -128..127
    # @param klass [Class, Module]
    # @param method [#call, Symbol, String, nil] or a block: it gets the object and returns the payload. A name is
    #   that of a method of the object; nil takes the registration away
    # @yieldparam object [Object] what is to be packed
    # @yieldreturn [String] the payload
    # @return [nil]
    # @raise [RangeError] if the number is out of range
    # @raise [ArgumentError] if it is no Class or Module, or if there are a handler and a block
    # @raise [FrozenError] if the packer is frozen
    # @example
    #   packer = MessagePack::Packer.new
    #   packer.register_type(1, Range, :to_s)  # => nil
    #   packer.write(1..2).to_s                # => "\xD6\x011..2"
    def register_type(typenr, klass, method = :to_msgpack_ext); end

    # The classes that are registered with a number.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Array<Hash>] with `:type`, `:class` and `:packer`, a Proc, sorted by type number
    # @example
    #   packer = MessagePack::Packer.new
    #   packer.register_type(1, Range, :to_s)
    #   packer.registered_types.map { |type| type.slice(:type, :class) }     # => [{:type=>1, :class=>Range}]
    #   packer.registered_types.first[:packer].call(1..2)                    # => "1..2"
    def registered_types; end

    # Whether a class, one of its ancestors, or a type number is registered.
    #
    # Source: the `msgpack` gem.
    #
    # @param klass_or_type [Class, Module, Integer]
    # @return [Boolean]
    # @raise [ArgumentError] if it is something else
    # @example
    #   packer = MessagePack::Packer.new
    #   packer.register_type(1, Numeric, :to_s)
    #   [Numeric, Rational, 1].map { |key| packer.type_registered?(key) }  # => [true, true, true]
    #   [String, 2].map { |key| packer.type_registered?(key) }             # => [false, false]
    def type_registered?(klass_or_type); end

    # @!endgroup
  end
end
