# frozen_string_literal: true

module MessagePack
  # An extended type as it stands on the wire: a number and a payload.
  #
  # What an Unpacker makes of a type that nothing else is registered for.
  #
  # Source: the fork's wiki; MessagePack's specification, "Extension types".
  #
  # @example
  #   MessagePack.unpack("\xD6@abcd").data  # => "abcd"
  class ExtType
    # Of a payload, in an inspection.
    SHOWN_BYTES = 64
    private_constant :SHOWN_BYTES

    # The type number.
    #
    # Source: the fork's wiki.
    #
    # @return [Integer] 0..127 for applications, -128..-1 reserved by the specification
    # @example
    #   MessagePack.unpack("\xD6@abcd").type  # => 64
    attr_reader :type
    # The payload.
    #
    # Source: the fork's wiki.
    #
    # @return [String] bytes, ASCII-8BIT if an Unpacker has made it
    # @example
    #   MessagePack.unpack("\xD6@abcd").data  # => "abcd"
    attr_reader :data

    class << self
      # Another name of `new`, with the same arguments.
      #
      # Source: the `msgpack` gem, whose ExtensionValue has it.
      #
      # @overload [](type, data)
      #   @param type [Integer] the type number, 0..127
      #   @param data [String] the payload
      #   @return [ExtType]
      # @raise (see #initialize)
      # @example
      #   MessagePack::ExtType[64, "abcd"]  # => #<MessagePack::ExtType: @type=64, @data="abcd">
      alias [] new

      # Packs a payload as an extended type.
      #
      # Source: the fork's wiki.
      #
      # @overload pack(packer, type, data)
      #   @param packer [Packer] written to
      #   @return [Packer] the packer
      # @overload pack(type, data)
      #   @return [String] the bytes
      # @overload pack(io, type, data)
      #   @param io [#write] written to
      #   @return [nil]
      # @param type [Integer] the type number, 0..127
      # @param data [String] the payload; its bytes count, whatever the encoding
      # @raise [ArgumentError] if the type number is out of range
      # @raise [::TypeError] if the payload is no String
      # @example
      #   MessagePack::ExtType.pack(64, "abcd")  # => "\xD6@abcd"
      #   packer = MessagePack::Packer.new
      #   MessagePack::ExtType.pack(packer, 64, "abcd").to_s  # => "\xD6@abcd"
      def pack(target, type, data = (alone = true))
        return pack(nil, target, type) if alone

        check(type, data, 0..127)
        return target.write_ext(type, data) if Packer === target # rubocop:disable Style/CaseEquality -- BasicObject

        packer = Packer.new(target).write_ext(type, data)
        return packer.to_s if target.nil?

        packer.flush
        nil
      end

      # Makes an ExtType of what an Unpacker has found.
      #
      # Source: the fork's wiki.
      #
      # @param type [Integer] the type number, -128..127
      # @param data [String] the payload
      # @return [ExtType]
      # @raise [ArgumentError] if the type number is out of range
      # @raise [::TypeError] if an argument is of the wrong class
      # @example
      #   MessagePack::ExtType.from_exttype(-2, "ab")  # => #<MessagePack::ExtType: @type=-2, @data="ab">
      def from_exttype(type, data)
        check(type, data, -128..127)
        value = allocate
        value.__send__(:fill, type, data)
        value
      end

      # Makes this class what extended types become where nothing else is registered.
      #
      # Source: the fork.
      #
      # @return [Class] this class
      # @example
      #   MessagePack::Extended.set_as_global_default  # => MessagePack::Extended
      #   MessagePack.unpack("\xD6@abcd")              # => #<MessagePack::Extended: @type=64, @data="abcd">
      def set_as_global_default
        Unpacker.default_exttype = self
      end

      private

      def check(type, data, range)
        raise ::TypeError, "expected an Integer as type number, got #{type.class}" unless type.is_a?(Integer)
        raise ArgumentError, "the type number must be in #{range}, got #{type}" unless range.cover?(type)
        raise ::TypeError, "expected a String as payload, got #{data.class}" unless data.is_a?(String)
      end
    end

    # Makes an extended type to be packed.
    #
    # Source: the fork's wiki.
    #
    # @param type [Integer] the type number, 0..127
    # @param data [String] the payload; its bytes count, whatever the encoding
    # @raise [ArgumentError] if the type number is out of range
    # @raise [::TypeError] if an argument is of the wrong class
    # @example
    #   MessagePack.pack(MessagePack::ExtType.new(64, "abcd"))  # => "\xD6@abcd"
    #   MessagePack::ExtType.new(128, "")                       # raises ArgumentError
    def initialize(type, data)
      ExtType.__send__(:check, type, data, 0..127)
      fill(type, data)
    end

    # The payload, as the method of this name of any class that is registered with a Packer.
    #
    # Source: the fork's wiki.
    #
    # @return [String]
    # @example
    #   MessagePack::ExtType.new(64, "abcd").to_exttype  # => "abcd"
    def to_exttype
      data
    end

    # Packs itself.
    #
    # Source: the fork's wiki; MessagePack's specification, "ext format family".
    #
    # @param packer_or_io [Packer, #write, #<<, nil] where the bytes go
    # @return [String, Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
    # @raise [RangeError] if the type number is outside -128..127
    # @raise [::TypeError] if it is no Integer, or the payload no String
    # @example
    #   MessagePack::ExtType.new(64, "abcd").to_msgpack  # => "\xD6@abcd"
    def to_msgpack(packer_or_io = nil)
      return packer_or_io.write_ext(type, data) if Packer === packer_or_io # rubocop:disable Style/CaseEquality

      MessagePack.pack(self, packer_or_io)
    end

    # Whether the type numbers and the bytes of the payloads are the same, across subclasses.
    #
    # Source: new.
    #
    # @param other [Object]
    # @return [Boolean]
    # @example
    #   MessagePack::ExtType.new(1, "é") == MessagePack::Extended.new(1, "é".b)  # => true
    def ==(other)
      # rubocop:disable Style/CaseEquality -- a BasicObject has no is_a?
      ExtType === other && type == other.type && data.to_s.b == other.data.to_s.b
      # rubocop:enable Style/CaseEquality
    end

    # As {#==}, for objects of the same class.
    #
    # Source: new.
    #
    # @param other [Object]
    # @return [Boolean]
    # @example
    #   MessagePack::ExtType.new(1, "a").eql?(MessagePack::Extended.new(1, "a"))  # => false
    def eql?(other)
      other.instance_of?(self.class) && self == other
    end

    # A number for Hashes.
    #
    # Source: new.
    #
    # @return [Integer] the same for objects that are {#eql?}
    # @example
    #   { MessagePack::ExtType.new(1, "a") => 2 }[MessagePack::ExtType.new(1, "a")]  # => 2
    def hash
      [self.class, type, data.to_s.b].hash
    end

    # What it is, in a line; a long payload is cut.
    #
    # Source: the fork's wiki.
    #
    # @return [String]
    # @example
    #   puts MessagePack::ExtType.new(64, "abcd").inspect
    #   MessagePack::ExtType.new(64, "abcd")  # => #<MessagePack::ExtType: @type=64, @data="abcd">
    def inspect
      "#<#{self.class}: @type=#{outline(type)}, @data=#{outline(data)}>"
    end

    # For pattern matching.
    #
    # Source: new.
    #
    # @return [Array(Integer, String)] type and data
    # @example
    #   case MessagePack.unpack("\xD6@abcd")
    #   in [64, data] then data
    #   end
    #   data  # => "abcd"
    def deconstruct
      [type, data]
    end

    # For pattern matching.
    #
    # Source: new.
    #
    # @param _keys [Array<Symbol>, nil] those that are asked for
    # @return [Hash{Symbol => Integer, String}] `:type` and `:data`
    # @example
    #   case MessagePack.unpack("\xD6@abcd")
    #   in { type: 64, data: } then data
    #   end
    #   data  # => "abcd"
    def deconstruct_keys(_keys)
      { type: type, data: data }
    end

    private

    def fill(type, data)
      @type = type
      @data = data
    end

    # What `inspect` shows of an instance variable, which in an ExtensionValue may be anything: itself, for example.
    def outline(held)
      case held
      when nil then "nil"
      when Integer then held.bit_length < 64 ? held.to_s : "(Integer)"
      when String then outline_of_bytes(held)
      # A BasicObject has no `class` of its own.
      else "(#{Kernel.instance_method(:class).bind_call(held)})"
      end
    end

    def outline_of_bytes(string)
      return string.inspect if string.bytesize <= SHOWN_BYTES

      "#{string.byteslice(0, SHOWN_BYTES).b.inspect}... (#{string.bytesize} bytes)"
    end
  end

  # A name of the fork.
  class Extended < ExtType; end

  # A name of the fork.
  class ExtendedValue < ExtType; end

  # The name of the `msgpack` gem, where it is a Struct of type and payload that checks nothing.
  #
  # Source: the `msgpack` gem.
  #
  # @example
  #   MessagePack.unpack("\xD6@abcd", allow_unknown_ext: true).payload  # => "abcd"
  class ExtensionValue < ExtType
    # Sets the type number.
    #
    # Source: the `msgpack` gem.
    #
    # @param value [Integer] which is checked when it is packed
    # @return [Integer]
    # @example
    #   value = MessagePack::ExtensionValue.new(1, "a")
    #   value.type = 2
    #   value.to_a  # => [2, "a"]
    attr_writer :type

    # Makes an extended type to be packed. Both are checked when it is.
    #
    # Source: the `msgpack` gem.
    #
    # @param type [Integer, nil] the type number, -128..127
    # @param payload [String, nil] the payload
    # @example
    #   MessagePack::ExtensionValue.new(-2, "a").to_msgpack  # => "\xD4\xFEa"
    #   MessagePack::ExtensionValue.new(128).to_msgpack      # raises RangeError
    def initialize(type = nil, payload = nil) # rubocop:disable Lint/MissingSuper -- super checks
      fill(type, payload)
    end

    # The payload.
    #
    # Source: the `msgpack` gem.
    #
    # @return [String, nil]
    # @example
    #   MessagePack::ExtensionValue.new(1, "a").payload  # => "a"
    def payload
      data
    end

    # Sets the payload.
    #
    # Source: the `msgpack` gem.
    #
    # @param payload [String] which is checked when it is packed
    # @return [String]
    # @example
    #   value = MessagePack::ExtensionValue.new(1, "a")
    #   value.payload = "b"
    #   value.to_a  # => [1, "b"]
    def payload=(payload)
      @data = payload
    end

    # Type and payload.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Array(Integer, String)]
    # @example
    #   MessagePack::ExtensionValue.new(1, "a").to_a  # => [1, "a"]
    def to_a
      [type, data]
    end
  end
end
