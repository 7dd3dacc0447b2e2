# frozen_string_literal: true

# What YARD reads about Symbols as extended types; the methods are the native library's. No program loads it.

# What a Symbol is as an extended type of its own, where one is registered for it; else Symbols are packed as Strings.
class Symbol
  # The payload.
  #
  # Source: the API of the `msgpack` gem.
  #
  # @return [String] the bytes of the name, whatever its encoding; ASCII-8BIT
  # @example
  #   :name.to_msgpack_ext  # => "name"
  def to_msgpack_ext; end

  # Makes a Symbol of a payload. The GC may take it again.
  #
  # Source: the API of the `msgpack` gem.
  #
  # @param data [String] the bytes of the name in UTF-8, whatever the encoding that it claims; left as it is
  # @return [Symbol]
  # @raise [EncodingError] if the bytes are no UTF-8
  # @raise [TypeError] if it is no String
  # @example
  #   Symbol.from_msgpack_ext("name")  # => :name
  def self.from_msgpack_ext(data); end
end
