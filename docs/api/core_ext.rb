# frozen_string_literal: true

# What YARD reads about `to_msgpack`, which lib/msgpack/library/core_ext.rb defines for all of these classes at once. No
# program loads it.

# Ruby's own class: what is added to it.
class NilClass
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "nil format".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   nil.to_msgpack  # => "\xC0"
  def to_msgpack(packer_or_io = nil); end
end

# Ruby's own class: what is added to it.
class TrueClass
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "bool format family".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   true.to_msgpack  # => "\xC3"
  def to_msgpack(packer_or_io = nil); end
end

# Ruby's own class: what is added to it.
class FalseClass
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "bool format family".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   false.to_msgpack  # => "\xC2"
  def to_msgpack(packer_or_io = nil); end
end

# Ruby's own class: what is added to it.
class Integer
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "int format family".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   256.to_msgpack  # => "\xCD\x01\x00"
  def to_msgpack(packer_or_io = nil); end
end

# Ruby's own class: what is added to it.
class Float
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "float format family".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   1.0.to_msgpack  # => "\xCB?\xF0\x00\x00\x00\x00\x00\x00"
  def to_msgpack(packer_or_io = nil); end
end

# Ruby's own class: what is added to it.
class String
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "str format family".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   "a".to_msgpack  # => "\xA1a"
  def to_msgpack(packer_or_io = nil); end
end

class Symbol
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "str format family".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   :a.to_msgpack  # => "\xA1a"
  def to_msgpack(packer_or_io = nil); end
end

# Ruby's own class: what is added to it.
class Array
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "array format family".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   [1, nil].to_msgpack  # => "\x92\x01\xC0"
  def to_msgpack(packer_or_io = nil); end
end

# Ruby's own class: what is added to it.
class Hash
  # Packs itself, by the types of {MessagePack::DefaultFactory} or of the packer.
  #
  # Source: the `msgpack` gem; MessagePack's specification, "map format family".
  #
  # @param packer_or_io [MessagePack::Packer, #write, #<<, nil] where the bytes go
  # @return [String, MessagePack::Packer, nil] the bytes, ASCII-8BIT; the packer when given one; nil for an io
  # @raise (see MessagePack::Packer#write)
  # @example
  #   { "a" => 1 }.to_msgpack  # => "\x81\xA1a\x01"
  def to_msgpack(packer_or_io = nil); end
end
