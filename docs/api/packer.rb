# frozen_string_literal: true

# What YARD reads about a class that is written in Rust (ext/msgpack_ext/src/packer). No program loads it.

module MessagePack
  # Packs objects one after the other, into a buffer or an IO. A write that fails leaves nothing behind.
  #
  # Packers can't be copied: they have no `dup` and no `clone`. A frozen one still writes, but takes no more
  # registrations.
  #
  # Source: the `msgpack` gem; extended types: the fork's wiki.
  #
  # @example
  #   packer = MessagePack::Packer.new
  #   packer.write_array_header(2).write("a").write(nil)
  #   packer.to_s  # => "\x92\xA1a\xC0"
  class Packer
    # Makes a Packer. A Hash as the only argument is the options; those that it does not know are ignored.
    #
    # Source: the `msgpack` gem; `unknown_class:` the fork's wiki; `max_depth:`, `sort_keys:` and `default:` are new.
    #
    # @param io [#write, #<<, nil] what gets the bytes: between calls when there are 32 KiB or more, and by {#flush}
    # @param options [Hash, nil]
    # @option options [false, nil] :unknown_class (nil) false refuses objects of classes that are not registered
    # @option options [Boolean] :compatibility_mode (false) writes the format without str 8 and bin, which old
    #   readers do not know
    # @option options [Integer] :max_depth (500) levels that containers, `to_msgpack` methods and recursive types
    #   may have
    # @option options [Boolean] :sort_keys (false) writes maps in the byte order of their packed keys, so that Hashes
    #   that differ in their order alone become equal bytes. Keys that are packed alike, as `"a"` and `:a` are, stay in
    #   the order they have; and what is equal for Ruby alone, as 1 and 1.0 are, becomes other bytes as ever
    # @option options [#call] :default (nil) gets an object that can't be packed, and returns one that can
    # @option options [Integer] :io_buffer_size (32768) bytes read from an io at once
    # @option options [Integer] :read_reference_threshold (256) bytes, see {Buffer#initialize}
    # @option options [Integer] :write_reference_threshold (524288) bytes, see {Buffer#initialize}
    # @raise [ArgumentError] if `unknown_class:` is true or the like, or a number is negative
    # @raise [::TypeError] if the io has neither `write` nor `<<`, or an option is of the wrong class
    # @example
    #   MessagePack::Packer.new(max_depth: 1).write([[]])  # raises MessagePack::NestingError
    #   MessagePack::Packer.new(sort_keys: true).write("b" => 1, "a" => 2).to_s  # => "\x82\xA1a\x02\xA1b\x01"
    #   MessagePack::Packer.new(default: :to_s.to_proc).write(1r).to_s  # => "\xA31/1"
    #   MessagePack::Packer.new(unknown_class: true)  # raises ArgumentError
    def initialize(io = nil, options = nil); end

    # @!group Writing

    # Packs an object in the smallest form that there is. A String in ASCII-8BIT becomes bin, any other str in
    # UTF-8; a Symbol becomes the str of its name; a Float has 64 bits; an object of another class is packed as its
    # class is registered, or by its method `to_msgpack(packer)`.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "Serialization: type to format conversion".
    #
    # @param object [Object]
    # @return [self]
    # @raise [NoMethodError] if there is no way to pack it
    # @raise [RangeError] if an Integer has more than 64 bits
    # @raise [::TypeError] if its class is refused, or a handler has not returned a payload
    # @raise [NestingError] if it is nested too deeply, or contains itself
    # @raise [EncodingError] if a String can't be transcoded to UTF-8
    # @example
    #   MessagePack::Packer.new.write("id" => [1, nil]).to_s  # => "\x81\xA2id\x92\x01\xC0"
    #   MessagePack::Packer.new.write([1, Object.new])        # raises NoMethodError
    def write(object); end
    alias pack write

    # Splices in an object that is packed already, after looking through the bytes.
    #
    # Source: new.
    #
    # @param bytes [String, #to_str] exactly one packed object
    # @return [self]
    # @raise [MalformedFormatError] if the bytes are no MessagePack, or more than one object
    # @raise [UnderflowError] if they end within an object
    # @raise [NestingError] if they are nested deeper than `max_depth:` allows
    # @raise [::TypeError] if it is no String
    # @example
    #   cached = MessagePack.pack("id" => 7)
    #   packer = MessagePack::Packer.new.write_array_header(2).write(1).write_packed(cached)
    #   MessagePack.unpack(packer.to_s)  # => [1, {"id"=>7}]
    #   packer.write_packed("\x01\x02")  # raises MessagePack::MalformedFormatError
    def write_packed(bytes); end

    # @!endgroup

    # @!group What is written

    # The Buffer that is written to.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Buffer] the same object at each call
    # @example
    #   packer = MessagePack::Packer.new
    #   packer.buffer.write_extended_header(1, 1).write("a")
    #   packer.to_s  # => "\xD4\x01a"
    def buffer; end

    # Hands all that is held to the io. Without an io it does nothing.
    #
    # Source: the `msgpack` gem.
    #
    # @return [self]
    # @raise [IOError] if the io takes no bytes; what it raises comes out as it is, and no byte is lost
    # @example
    #   require "stringio"
    #   io = StringIO.new
    #   packer = MessagePack::Packer.new(io).write(1)
    #   io.string       # => ""
    #   packer.flush
    #   io.string       # => "\u0001"
    #   packer.empty?   # => true
    def flush; end

    # Forgets what is held.
    #
    # Source: the `msgpack` gem.
    #
    # @return [nil]
    # @raise [RuntimeError] inside one of its handlers
    # @example
    #   packer = MessagePack::Packer.new.write(1)
    #   packer.clear  # => nil
    #   packer.to_s   # => ""
    def clear; end
    alias reset clear

    # How much is held.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Integer] bytes
    # @example
    #   MessagePack::Packer.new.write("abc").size  # => 4
    def size; end

    # Whether nothing is held.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Boolean]
    # @example
    #   MessagePack::Packer.new.empty?  # => true
    def empty?; end

    # A copy of what is held.
    #
    # Source: the `msgpack` gem.
    #
    # @return [String] bytes, ASCII-8BIT
    # @example
    #   packer = MessagePack::Packer.new.write(1)
    #   packer.to_s  # => "\x01"
    #   packer.size  # => 1
    def to_s; end
    alias to_str to_s

    # A copy of what is held, in the pieces in which it is held.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Array<String>] bytes, ASCII-8BIT
    # @example
    #   MessagePack::Packer.new.write(1).to_a  # => ["\x01"]
    def to_a; end

    # Hands all that is held to another io, and forgets it.
    #
    # Source: the `msgpack` gem.
    #
    # @param io [#write, #<<]
    # @return [Integer] bytes
    # @raise [::TypeError] if it has neither method
    # @raise [RuntimeError] inside one of its handlers
    # @example
    #   require "stringio"
    #   io = StringIO.new
    #   MessagePack::Packer.new.write("abc").write_to(io)  # => 4
    #   io.string                                          # => "\xA3abc"
    def write_to(io); end

    # Takes out all that is held. With an io it is handed over, as {#flush} does.
    #
    # Source: the `msgpack` gem.
    #
    # @return [String, nil] bytes, ASCII-8BIT; nil with an io
    # @raise [RuntimeError] inside one of its handlers
    # @example
    #   packer = MessagePack::Packer.new.write(1)
    #   packer.full_pack  # => "\x01"
    #   packer.size       # => 0
    def full_pack; end

    # @!endgroup

    # Whether it writes the format without str 8 and bin.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Boolean]
    # @example
    #   MessagePack::Packer.new(compatibility_mode: true).compatibility_mode?  # => true
    def compatibility_mode?; end

    # What it is, in a line.
    #
    # Source: new.
    #
    # @return [String]
    # @example
    #   MessagePack::Packer.new.inspect.start_with?("#<MessagePack::Packer ")  # => true
    def inspect; end
  end
end
