# frozen_string_literal: true

# What YARD reads about a class that is written in Rust (ext/msgpack_ext/src/buffer). No program loads it.

module MessagePack
  # What {Buffer} is a subclass of: another library that defines a Buffer of this name fails to load.
  #
  # @api private
  class AbstractBuffer # rubocop:disable Lint/EmptyClass
  end

  # A queue of bytes: what a Packer writes to and an Unpacker reads from, and of use by itself. With an IO it reads from
  # it what it lacks, and hands over to it by {#flush} what it holds.
  #
  # Buffers can't be copied: they have no `dup` and no `clone`.
  #
  # Source: the `msgpack` gem.
  #
  # @example
  #   buffer = MessagePack::Buffer.new
  #   buffer << "abc" << "de"
  #   buffer.read(2)  # => "ab"
  #   buffer.read     # => "cde"
  class Buffer < AbstractBuffer
    # Makes a Buffer. A Hash as the only argument is the options; those that it does not know are ignored.
    #
    # Source: the `msgpack` gem.
    #
    # @param io [#readpartial, #read, #write, #<<, nil]
    # @param options [Hash, nil]
    # @option options [Integer] :io_buffer_size (32768) bytes read from the io at once, at least 1024
    # @option options [Integer] :read_reference_threshold (256) bytes from which on a String that is read shares
    #   memory with the buffer where it can
    # @option options [Integer] :write_reference_threshold (524288) bytes from which on a String that is written is
    #   referred to and not copied
    # @raise [ArgumentError] if a number is negative
    # @raise [::TypeError] if the io has none of these methods, or a number is no Integer
    # @example
    #   require "stringio"
    #   MessagePack::Buffer.new(StringIO.new("abc")).read(2)  # => "ab"
    #   MessagePack::Buffer.new(io_buffer_size: -1)           # raises ArgumentError
    def initialize(io = nil, options = nil); end

    # @!group Writing

    # Appends bytes. Of another Buffer all bytes are copied, and stay there.
    #
    # Source: the `msgpack` gem.
    #
    # @param bytes [String, #to_str, Buffer] its bytes count, whatever the encoding
    # @return [Integer] how many there were
    # @raise [::TypeError] if it is something else
    # @raise [RuntimeError] if it holds a payload, for the handler of a recursive type to read
    # @example
    #   MessagePack::Buffer.new.write("é")  # => 2
    def write(bytes); end

    # Appends bytes, as {#write} does.
    #
    # Source: the `msgpack` gem.
    #
    # @param bytes [String, #to_str, Buffer] its bytes count, whatever the encoding
    # @return [self]
    # @raise (see #write)
    # @example
    #   (MessagePack::Buffer.new << "a" << "b").to_s  # => "ab"
    def <<(bytes); end
    alias append <<

    # Appends the header of an extended type; the payload is to be written next.
    #
    # Source: the fork's wiki; MessagePack's specification, "ext format family".
    #
    # @param typenr [Integer] the type number, -128..127
    # @param length [Integer] bytes of the payload, 0..2**32-1
    # @return [self]
    # @raise [RangeError] if an argument is out of range
    # @raise [::TypeError] if an argument is no Integer
    # @raise [RuntimeError] if it holds a payload, for the handler of a recursive type to read
    # @example
    #   (MessagePack::Buffer.new.write_extended_header(64, 4) << "abcd").to_s  # => "\xD6@abcd"
    def write_extended_header(typenr, length); end

    # Hands all that is held to the io. Without an io it does nothing.
    #
    # Source: the `msgpack` gem.
    #
    # @return [self]
    # @raise [IOError] if the io takes no bytes; what it raises comes out as it is, and no byte is lost
    # @example
    #   require "stringio"
    #   io = StringIO.new
    #   buffer = MessagePack::Buffer.new(io) << "abc"
    #   buffer.flush
    #   [io.string, buffer.size]  # => ["abc", 0]
    def flush; end

    # Hands all that is held to another io, and forgets it.
    #
    # Source: the `msgpack` gem.
    #
    # @param io [#write, #<<]
    # @return [Integer] bytes
    # @raise [::TypeError] if it has neither method
    # @raise [RuntimeError] if it is a Packer's, and inside one of its handlers
    # @example
    #   require "stringio"
    #   io = StringIO.new
    #   (MessagePack::Buffer.new << "abc").write_to(io)  # => 3
    #   io.string                                        # => "abc"
    def write_to(io); end

    # @!endgroup

    # @!group Reading

    # Takes up to so many bytes from the front, or all. With an io it reads from there what is missing.
    #
    # Source: the `msgpack` gem.
    #
    # @param length [Integer, nil] bytes; nil is all
    # @param out [String, nil] is filled with the bytes, and returned
    # @return [String, nil] ASCII-8BIT; nil if there are none and some were asked for
    # @raise [ArgumentError] if the length is negative
    # @raise [FrozenError] if the output is frozen
    # @raise [::TypeError] if an argument is of the wrong class
    # @raise [RuntimeError] if it is a Packer's, and inside one of its handlers
    # @example
    #   buffer = MessagePack::Buffer.new << "abc"
    #   buffer.read(2)   # => "ab"
    #   buffer.read(2)   # => "c"
    #   buffer.read(2)   # => nil
    #   buffer.read      # => ""
    def read(length = nil, out = nil); end

    # Takes exactly so many bytes from the front, or none. With an io it reads from there what is missing.
    #
    # Source: the `msgpack` gem.
    #
    # @param length [Integer, nil] bytes; nil is all
    # @param out [String, nil] is filled with the bytes, and returned
    # @return [String] ASCII-8BIT
    # @raise [UnderflowError] if there are fewer; nothing is taken then
    # @raise (see #read)
    # @example
    #   buffer = MessagePack::Buffer.new << "abc"
    #   buffer.read_all(4)  # raises MessagePack::UnderflowError
    #   buffer.read_all(3)  # => "abc"
    def read_all(length = nil, out = nil); end

    # Drops up to so many bytes from the front.
    #
    # Source: the `msgpack` gem.
    #
    # @param length [Integer] bytes
    # @return [Integer] how many there were
    # @raise (see #read)
    # @example
    #   buffer = MessagePack::Buffer.new << "abc"
    #   buffer.skip(2)  # => 2
    #   buffer.skip(2)  # => 1
    def skip(length); end

    # Drops exactly so many bytes from the front, or none.
    #
    # Source: the `msgpack` gem.
    #
    # @param length [Integer] bytes
    # @return [self]
    # @raise [UnderflowError] if there are fewer; nothing is dropped then
    # @raise (see #read)
    # @example
    #   buffer = MessagePack::Buffer.new << "abc"
    #   buffer.skip_all(2).read  # => "c"
    #   buffer.skip_all(1)       # raises MessagePack::UnderflowError
    def skip_all(length); end

    # @!endgroup

    # @!group What it holds

    # How much it holds. What an io still has does not count.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Integer] bytes
    # @example
    #   (MessagePack::Buffer.new << "abc").size  # => 3
    def size; end

    # Whether it holds nothing.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Boolean]
    # @example
    #   MessagePack::Buffer.new.empty?  # => true
    def empty?; end

    # A copy of what it holds.
    #
    # Source: the `msgpack` gem.
    #
    # @return [String] bytes, ASCII-8BIT
    # @example
    #   (MessagePack::Buffer.new << "é").to_s  # => "\xC3\xA9"
    def to_s; end
    alias to_str to_s

    # A copy of what it holds, in the pieces in which it holds it.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Array<String>] bytes, ASCII-8BIT
    # @example
    #   (MessagePack::Buffer.new << "abc").to_a  # => ["abc"]
    def to_a; end

    # Forgets what it holds.
    #
    # Source: the `msgpack` gem.
    #
    # @return [nil]
    # @raise [RuntimeError] if it is a Packer's, and inside one of its handlers
    # @example
    #   buffer = MessagePack::Buffer.new << "abc"
    #   buffer.clear  # => nil
    #   buffer.size   # => 0
    def clear; end

    # @!endgroup

    # The io that it was made with.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Object, nil]
    # @example
    #   MessagePack::Buffer.new($stdout).io.equal?($stdout)  # => true
    def io; end

    # Closes the io. What is held and not handed over can still be read.
    #
    # Source: the `msgpack` gem.
    #
    # @return [nil]
    # @example
    #   require "stringio"
    #   io = StringIO.new
    #   MessagePack::Buffer.new(io).close  # => nil
    #   io.closed?                         # => true
    def close; end

    # What it is, in a line.
    #
    # Source: new.
    #
    # @return [String]
    # @example
    #   MessagePack::Buffer.new.inspect.start_with?("#<MessagePack::Buffer ")  # => true
    def inspect; end
  end
end
