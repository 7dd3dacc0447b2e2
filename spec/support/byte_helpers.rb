# frozen_string_literal: true

# Binary strings as a reader of the MessagePack specification writes them.
module ByteHelpers
  # @param digits [String] hexadecimal digits; blanks and line ends between them are free
  # @return [String] the bytes, ASCII-8BIT
  # @example
  #   hex("93 01 02 03") # => "\x93\x01\x02\x03"
  def hex(digits)
    compact = digits.gsub(/\s+/, "")
    raise ArgumentError, "not hexadecimal: #{digits.inspect}" unless compact.match?(/\A(?:\h\h)*\z/)

    [compact].pack("H*")
  end

  # @param parts [Array<Integer, String>] bytes 0..255, and Strings taken as the bytes they hold
  # @return [String] all of them in order, ASCII-8BIT
  # @example
  #   bytes(0xa3, "abc") # => "\xA3abc"
  def bytes(*parts)
    parts.each_with_object(String.new(encoding: Encoding::BINARY)) do |part, result|
      case part
      when String then result << part.b
      when 0..255 then result << part
      else raise ArgumentError, "neither a byte nor a String: #{part.inspect}"
      end
    end
  end
end
