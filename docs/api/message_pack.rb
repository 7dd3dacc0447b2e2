# frozen_string_literal: true

# What YARD reads about the whole, and about functions that are written in Rust
# (ext/msgpack_ext/src/module_functions.rs). No program loads it.

# MessagePack for Ruby: objects as compact bytes, and back. The README shows how it is used.
#
# The functions but {MessagePack.dig} are private methods, too, of what includes this module.
#
# @example
#   bytes = MessagePack.pack("id" => 7, "tags" => ["a", nil])
#   MessagePack.unpack(bytes)  # => {"id"=>7, "tags"=>["a", nil]}
module MessagePack
  # The Factory whose types {MessagePack.pack}, {MessagePack.unpack} and `to_msgpack` use.
  #
  # Source: the `msgpack` gem.
  #
  # @example
  #   MessagePack::DefaultFactory.register_type(1, Symbol)
  #   MessagePack.unpack(MessagePack.pack(:a))  # => :a
  DefaultFactory = Factory.new

  # Packs one object, by the types of {DefaultFactory}. A Hash as the second argument is the options.
  #
  # Source: the `msgpack` gem.
  #
  # @param object [Object]
  # @param io [#write, #<<, Packer, nil] where the bytes go
  # @param options [Hash, nil] those of {Packer#initialize}
  # @return [String, nil] the bytes, ASCII-8BIT; nil with an io
  # @raise (see MessagePack::Packer#initialize)
  # @raise (see MessagePack::Packer#write)
  # @example
  #   MessagePack.pack([1, "a", nil])                                # => "\x93\x01\xA1a\xC0"
  #   MessagePack.pack("a" * 32, compatibility_mode: true).bytesize  # => 35
  #   MessagePack.pack(Object.new)                                   # raises NoMethodError
  # @example To an IO
  #   require "stringio"
  #   io = StringIO.new
  #   MessagePack.pack("a", io)  # => nil
  #   io.string                  # => "\xA1a"
  def self.pack(object, io = nil, options = nil); end

  # Unpacks exactly one object, by the types of {DefaultFactory}. Of an IO it reads no more than it needs, up to what
  # comes with it.
  #
  # Source: the `msgpack` gem.
  #
  # @param source [String, #to_str, #readpartial, #read] the bytes; a String of any encoding
  # @param options [Hash, nil] those of {Unpacker#initialize}
  # @return [Object]
  # @raise [UnderflowError] if the bytes end too early, or there are none
  # @raise [MalformedFormatError] if bytes are left over, or if they are no MessagePack
  # @raise (see MessagePack::Unpacker#initialize)
  # @raise (see MessagePack::Unpacker#read)
  # @example
  #   MessagePack.unpack("\x81\xA1a\x01")                        # => {"a"=>1}
  #   MessagePack.unpack("\x81\xA1a\x01", symbolize_keys: true)  # => {:a=>1}
  #   MessagePack.unpack("\x01\x02")                             # raises MessagePack::MalformedFormatError
  def self.unpack(source, options = nil); end

  # The value at a path, without building anything else. A map on the way is read to its end, for the last of equal
  # keys counts; what follows the value in arrays, or the whole object, is not looked at.
  #
  # Source: new.
  #
  # @param bytes [String, #to_str] one packed object
  # @param path [Array<String, Symbol, Integer>] keys, compared by their bytes, a Symbol like its name; and indexes,
  #   negative ones from the end. Without a step, the whole object
  # @param options [Hash] those of {Unpacker#initialize}, for the value
  # @return [Object, nil] nil where the path does not lead on
  # @raise [UnderflowError] if the bytes end on the way, or there are none
  # @raise [MalformedFormatError] if there is a byte 0xc1 on the way
  # @raise [::TypeError] if a step is no String, Symbol or Integer
  # @raise (see MessagePack::Unpacker#initialize)
  # @raise (see MessagePack::Unpacker#read)
  # @example
  #   bytes = MessagePack.pack("users" => [{ "name" => "ann" }, { "name" => "bob" }])
  #   MessagePack.dig(bytes, "users", -1, :name)  # => "bob"
  #   MessagePack.dig(bytes, "users", 7, :name)   # => nil
  #   MessagePack.dig(bytes, 1.5)                 # raises TypeError
  def self.dig(bytes, *path, **options); end

  class << self
    alias dump pack
    alias load unpack
  end
end
