# frozen_string_literal: true

require_relative "../msgpack"

module MessagePack
  # Integers of any size as payloads of an extended type, for those beyond the 64 bits of MessagePack.
  #
  # The payload is a sign byte (0, or 1 for negative numbers), then the magnitude in pieces of 32 bits, the least
  # significant piece first, each of them big-endian. Zero has no pieces. `require "msgpack/bigint"` loads it.
  #
  # Source: the API and the layout of the `msgpack` gem.
  #
  # @example
  #   require "msgpack/bigint"
  #   payload = MessagePack::Bigint.to_msgpack_ext(-(2**64))
  #   payload.unpack("CL>*")                            # => [1, 0, 0, 1]
  #   MessagePack::Bigint.from_msgpack_ext(payload)     # => -18446744073709551616
  module Bigint
    # Bits in a piece.
    CHUNK_BITLENGTH = 32
    # The layout, for `Array#pack` and `String#unpack`.
    FORMAT = "CL>*"

    CHUNK_BYTES = CHUNK_BITLENGTH / 8
    CHUNK_DIGITS = CHUNK_BITLENGTH / 4
    private_constant :CHUNK_BYTES, :CHUNK_DIGITS

    # Both ways go through hexadecimal digits, which Ruby converts in time proportional to the length. Shifting pieces
    # out of the number, or into it, copies the number for each of them.
    class << self
      # The payload of a number.
      #
      # Source: the `msgpack` gem.
      #
      # @param integer [Integer] of any size
      # @return [String] the payload
      # @raise [::TypeError] if it is no Integer
      # @example
      #   require "msgpack/bigint"
      #   MessagePack::Bigint.to_msgpack_ext(1)  # => "\x00\x00\x00\x00\x01"
      def to_msgpack_ext(integer)
        raise ::TypeError, "expected an Integer, got #{integer.class}" unless integer.is_a?(Integer)

        digits = integer.zero? ? "" : integer.abs.to_s(16)
        filler = "0" * (-digits.size % CHUNK_DIGITS)
        chunks = [filler + digits].pack("H*").unpack("L>*").reverse
        [integer.negative? ? 1 : 0, *chunks].pack(FORMAT)
      end

      # The number of a payload.
      #
      # Source: the `msgpack` gem.
      #
      # @param data [String] the payload; its bytes count, whatever the encoding
      # @return [Integer]
      # @raise [MalformedFormatError] if it is empty, ends within a piece, or begins with another byte than 0 or 1
      # @raise [::TypeError] if it is no String
      # @example
      #   require "msgpack/bigint"
      #   MessagePack::Bigint.from_msgpack_ext("\x01\x00\x00\x00\x01")  # => -1
      def from_msgpack_ext(data)
        raise ::TypeError, "expected a String as payload, got #{data.class}" unless data.is_a?(String)

        sign, *chunks = check(data).unpack(FORMAT)
        magnitude = chunks.reverse.pack("L>*").unpack1("H*").to_i(16)
        sign.zero? ? magnitude : -magnitude
      end

      private

      def check(data)
        raise MalformedFormatError, "a big integer has a sign byte, this one is empty" if data.empty?

        sign = data.getbyte(0)
        raise MalformedFormatError, "the sign of a big integer is 0 or 1, this one's is #{sign}" if sign > 1
        return data if (data.bytesize % CHUNK_BYTES) == 1

        raise MalformedFormatError, "a big integer has a sign byte and pieces of #{CHUNK_BYTES} bytes, " \
                                    "this one has #{data.bytesize} bytes"
      end
    end
  end
end
