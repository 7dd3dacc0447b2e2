# frozen_string_literal: true

# Objects one after the other: a log, a dump, what a peer sends.
module MessagePack
  # Unpacks every object of a String of several, or of an IO up to its end. Of an IO it holds no more than one object
  # and what came with it.
  #
  # Source: new.
  #
  # @param source [String, #to_str, #readpartial, #read] the bytes
  # @param options [Hash, nil] those of {Unpacker#initialize}
  # @yieldparam object [Object] each object, as soon as it is whole
  # @return [nil, Enumerator] an Enumerator without a block
  # @raise [UnderflowError] after the last whole object, if bytes of another one follow
  # @raise [UnpackError] if the bytes are malformed, beyond a limit, or of a type that is not known
  # @raise [::TypeError] if the source is none of these
  # @example
  #   MessagePack.unpack_each("\x01\xA1a").to_a                     # => [1, "a"]
  #   MessagePack.unpack_each("\x01\x92") { |object| p object }     # raises MessagePack::UnderflowError
  def unpack_each(source, options = nil, &block)
    return enum_for(:unpack_each, source, options) unless block

    unpacker = MessagePack.__send__(:unpacker_for, source, options)
    unpacker.each(&block)
    # Raises, and says where.
    unpacker.read if unpacker.__send__(:amid?)
    nil
  end
  module_function :unpack_each
end
