# frozen_string_literal: true

module MessagePack
  # An extended type as it stands on the wire: a number and a payload.
  #
  # What an Unpacker makes of a type that nothing else is registered for.
  #
  # @example
  #   MessagePack.unpack("\xD6@abcd").data # => "abcd"
  class ExtType
    # Of a payload, in an inspection.
    SHOWN_BYTES = 64
    private_constant :SHOWN_BYTES

    # @return [Integer] the type number: 0..127 for applications, -128..-1 reserved by the specification
    attr_reader :type
    # @return [String] the payload
    attr_reader :data

    class << self
      alias [] new

      # Packs a payload as an extended type.
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
      # Source: the fork's wiki.
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
      # @param type [Integer] the type number, -128..127
      # @param data [String] the payload
      # @return [ExtType]
      # @raise [ArgumentError] if the type number is out of range
      # @raise [::TypeError] if an argument is of the wrong class
      def from_exttype(type, data)
        check(type, data, -128..127)
        value = allocate
        value.__send__(:fill, type, data)
        value
      end

      # Makes this class what extended types become where nothing else is registered.
      #
      # @return [Class] this class
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

    # @param type [Integer] the type number, 0..127
    # @param data [String] the payload
    # @raise [ArgumentError] if the type number is out of range
    # @raise [::TypeError] if an argument is of the wrong class
    def initialize(type, data)
      ExtType.__send__(:check, type, data, 0..127)
      fill(type, data)
    end

    # @return [String] the payload
    def to_exttype
      data
    end

    # Packs itself.
    #
    # @param packer_or_io [Packer, #write, nil] where to
    # @return [String, Packer, nil] the bytes; the packer when given one; nil for an io
    # @raise [RangeError] if the type number is outside -128..127
    def to_msgpack(packer_or_io = nil)
      return packer_or_io.write_ext(type, data) if Packer === packer_or_io # rubocop:disable Style/CaseEquality

      MessagePack.pack(self, packer_or_io)
    end

    # Whether the type numbers and the bytes of the payloads are the same, across subclasses.
    def ==(other)
      # rubocop:disable Style/CaseEquality -- a BasicObject has no is_a?
      ExtType === other && type == other.type && data.to_s.b == other.data.to_s.b
      # rubocop:enable Style/CaseEquality
    end

    # As {#==}, for objects of the same class.
    def eql?(other)
      other.instance_of?(self.class) && self == other
    end

    # @return [Integer] the same for objects that are {#eql?}
    def hash
      [self.class, type, data.to_s.b].hash
    end

    # @return [String] such as `#<MessagePack::ExtType: @type=64, @data="abcd">`; a long payload is cut
    def inspect
      "#<#{self.class}: @type=#{outline(type)}, @data=#{outline(data)}>"
    end

    # @return [Array(Integer, String)] type and data, for pattern matching
    def deconstruct
      [type, data]
    end

    # @return [Hash] `:type` and `:data`, for pattern matching
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
  class ExtensionValue < ExtType
    attr_writer :type

    # @param type [Integer, nil] the type number
    # @param payload [String, nil] the payload
    def initialize(type = nil, payload = nil) # rubocop:disable Lint/MissingSuper -- super checks
      fill(type, payload)
    end

    # @return [String, nil] the payload
    def payload
      data
    end

    # @param payload [String] the payload
    def payload=(payload)
      @data = payload
    end

    # @return [Array] type and payload
    def to_a
      [type, data]
    end
  end
end
