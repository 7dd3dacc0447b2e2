# frozen_string_literal: true

module MessagePack
  # A moment as the MessagePack specification writes it: seconds since 1970-01-01 00:00:00 UTC, and nanoseconds within
  # that second. Its extended type is -1, which the specification reserves for it.
  #
  # Source: the MessagePack specification, section "Timestamp extension type"; the API of the `msgpack` gem.
  #
  # @example
  #   moment = MessagePack::Timestamp.new(1_433_374_886, 500_000_000)
  #   moment.to_msgpack_ext                                              # => "w5\x94\x00Uo\x90\xA6"
  #   MessagePack::Timestamp.from_msgpack_ext("\x00\x00\x00\x01").sec    # => 1
  class Timestamp
    # The type number.
    TYPE = -1
    # The last second of the 32-bit form, which has no nanoseconds.
    TIMESTAMP32_MAX_SEC = (2**32) - 1
    # The last second of the 64-bit form.
    TIMESTAMP64_MAX_SEC = (2**34) - 1

    NSEC = (0..999_999_999)
    SEC = (-(2**63)..(2**63) - 1)
    SEC64_BITS = 34
    private_constant :NSEC, :SEC, :SEC64_BITS

    # The second.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Integer] seconds since 1970-01-01 00:00:00 UTC, negative before
    # @example
    #   MessagePack::Timestamp.new(-1, 0).sec  # => -1
    attr_reader :sec
    # The part of the second that has passed.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Integer] nanoseconds, 0..999_999_999
    # @example
    #   MessagePack::Timestamp.new(1, 500).nsec  # => 500
    attr_reader :nsec

    class << self
      # The payload of a moment, in the smallest form that holds it.
      #
      # Source: the `msgpack` gem; MessagePack's specification, "Timestamp extension type".
      #
      # @param sec [Integer] seconds since 1970-01-01 00:00:00 UTC, 64 bits with the sign
      # @param nsec [Integer] nanoseconds within that second, 0..999_999_999
      # @return [String] 4, 8 or 12 bytes
      # @raise [RangeError] if the seconds exceed 64 bits
      # @raise [ArgumentError] if the nanoseconds are no part of a second
      # @raise [::TypeError] if an argument is no Integer
      # @example
      #   MessagePack::Timestamp.to_msgpack_ext(1, 0)  # => "\x00\x00\x00\x01"
      #   MessagePack::Timestamp.to_msgpack_ext(1, 1)  # => "\x00\x00\x00\x04\x00\x00\x00\x01"
      #   MessagePack::Timestamp.to_msgpack_ext(-1, 0).bytesize  # => 12
      def to_msgpack_ext(sec, nsec)
        check(sec, nsec)
        if nsec.zero? && sec.between?(0, TIMESTAMP32_MAX_SEC)
          [sec].pack("L>")
        elsif sec.between?(0, TIMESTAMP64_MAX_SEC)
          [(nsec << SEC64_BITS) | sec].pack("Q>")
        else
          [nsec, sec].pack("L>q>")
        end
      end

      # Reads a payload of any of the three forms.
      #
      # Source: the `msgpack` gem; MessagePack's specification, "Timestamp extension type".
      #
      # @param data [String] the payload; its bytes count, whatever the encoding
      # @return [Timestamp]
      # @raise [MalformedFormatError] if it is not 4, 8 or 12 bytes long, or has more nanoseconds than a second
      # @raise [::TypeError] if it is no String
      # @example
      #   MessagePack::Timestamp.from_msgpack_ext("\x00\x00\x00\x04\x00\x00\x00\x01").nsec  # => 1
      def from_msgpack_ext(data)
        sec, nsec = parts(data)
        new(sec, nsec)
      end

      private

      def parts(data)
        raise ::TypeError, "expected a String as payload, got #{data.class}" unless data.is_a?(String)

        sec, nsec = read(data)
        return sec, nsec if NSEC.cover?(nsec)

        raise MalformedFormatError, "a timestamp has at most #{NSEC.end} nanoseconds, this one has #{nsec}"
      end

      def read(data)
        case data.bytesize
        when 4
          [data.unpack1("L>"), 0]
        when 8
          word = data.unpack1("Q>")
          [word & TIMESTAMP64_MAX_SEC, word >> SEC64_BITS]
        when 12
          data.unpack("L>q>").reverse
        else
          raise MalformedFormatError, "a timestamp has 4, 8 or 12 bytes, this one has #{data.bytesize}"
        end
      end

      def check(sec, nsec)
        raise ::TypeError, "expected an Integer as seconds, got #{sec.class}" unless sec.is_a?(Integer)
        raise ::TypeError, "expected an Integer as nanoseconds, got #{nsec.class}" unless nsec.is_a?(Integer)
        raise RangeError, "the seconds must fit in 64 bits, got #{sec}" unless SEC.cover?(sec)
        raise ArgumentError, "the nanoseconds must be in #{NSEC}, got #{nsec}" unless NSEC.cover?(nsec)
      end
    end

    # Makes a moment.
    #
    # Source: the `msgpack` gem.
    #
    # @param sec [Integer] seconds since 1970-01-01 00:00:00 UTC, 64 bits with the sign
    # @param nsec [Integer] nanoseconds within that second, 0..999_999_999
    # @raise [RangeError] if the seconds exceed 64 bits
    # @raise [ArgumentError] if the nanoseconds are no part of a second
    # @raise [::TypeError] if an argument is no Integer
    # @example
    #   MessagePack::Timestamp.new(1, 0).to_msgpack_ext  # => "\x00\x00\x00\x01"
    #   MessagePack::Timestamp.new(1, 1_000_000_000)     # raises ArgumentError
    def initialize(sec, nsec)
      Timestamp.__send__(:check, sec, nsec)
      @sec = sec
      @nsec = nsec
    end

    # The payload in the smallest form that holds it.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "Timestamp extension type".
    #
    # @return [String] 4, 8 or 12 bytes
    # @example
    #   MessagePack::Timestamp.new(1, 1).to_msgpack_ext  # => "\x00\x00\x00\x04\x00\x00\x00\x01"
    def to_msgpack_ext
      Timestamp.to_msgpack_ext(sec, nsec)
    end

    # Whether it is the same moment, across subclasses.
    #
    # Source: the `msgpack` gem.
    #
    # @param other [Object]
    # @return [Boolean]
    # @example
    #   MessagePack::Timestamp.new(1, 0) == MessagePack::Timestamp.new(1, 0)  # => true
    def ==(other)
      # rubocop:disable Style/CaseEquality -- a BasicObject has no is_a?
      Timestamp === other && sec == other.sec && nsec == other.nsec
      # rubocop:enable Style/CaseEquality
    end

    # As {#==}, for objects of the same class.
    #
    # Source: new.
    #
    # @param other [Object]
    # @return [Boolean]
    # @example
    #   MessagePack::Timestamp.new(1, 0).eql?(MessagePack::Timestamp.new(1, 1))  # => false
    def eql?(other)
      self == other && other.instance_of?(self.class)
    end

    # A number for Hashes.
    #
    # Source: new.
    #
    # @return [Integer] the same for objects that are {#eql?}
    # @example
    #   { MessagePack::Timestamp.new(1, 0) => 2 }[MessagePack::Timestamp.new(1, 0)]  # => 2
    def hash
      [self.class, sec, nsec].hash
    end
  end
end
