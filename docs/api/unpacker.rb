# frozen_string_literal: true

# What YARD reads about a class that is written in Rust (ext/msgpack_ext/src/unpacker). No program loads it.

module MessagePack
  # Unpacks objects one after the other, from bytes that it is fed in pieces of any size, or from an IO. Where the bytes
  # end too early nothing is lost: feed more, and call again. After any other error it goes on with the next object.
  #
  # Unpackers can't be copied: they have no `dup` and no `clone`. A frozen one still reads, but takes no more
  # registrations.
  #
  # Source: the `msgpack` gem; extended types: the fork's wiki.
  #
  # @example
  #   unpacker = MessagePack::Unpacker.new
  #   unpacker.feed("\x93\x01")
  #   unpacker.read  # raises MessagePack::UnderflowError
  #   unpacker.feed("\x02\x03")
  #   unpacker.read  # => [1, 2, 3]
  class Unpacker
    include Enumerable

    # Makes an Unpacker. A Hash as the only argument is the options; those that it does not know are ignored.
    #
    # Limits act when a header has been read, before what it announces arrives; docs/untrusted-input.md says which
    # to set.
    #
    # Source: the `msgpack` gem; `default_exttype:` the fork's wiki; limits, `strict_map_key:` and `validate_utf8:`
    # are new.
    #
    # @param io [#readpartial, #read, nil] what is asked for bytes when there are too few
    # @param options [Hash, nil]
    # @option options [#from_exttype, #call, false, nil] :default_exttype (nil) see {#default_exttype=}
    # @option options [Boolean] :symbolize_keys (false) makes Symbols of keys that are str or bin
    # @option options [Boolean] :freeze (false) freezes all that it builds by itself
    # @option options [Boolean] :allow_unknown_ext (false) makes an {ExtensionValue} of a type that nothing is
    #   registered for
    # @option options [Boolean] :key_cache (true) whether keys seen before are looked up in a cache
    # @option options [Integer] :max_depth (500) levels of containers and recursive types
    # @option options [Integer, nil] :max_str_len (nil) bytes of a str
    # @option options [Integer, nil] :max_bin_len (nil) bytes of a bin
    # @option options [Integer, nil] :max_ext_len (nil) bytes of an extended type's payload
    # @option options [Integer, nil] :max_array_len (nil) elements of an array
    # @option options [Integer, nil] :max_map_len (nil) pairs of a map
    # @option options [Integer, nil] :max_buffer_size (nil) bytes held unread
    # @option options [Boolean] :strict_map_key (false) accepts Strings only as keys (Symbols with `symbolize_keys:`)
    # @option options [Boolean] :validate_utf8 (false) refuses a str that is not UTF-8
    # @option options [Integer] :io_buffer_size (32768) bytes read from an io at once
    # @option options [Integer] :read_reference_threshold (256) bytes, see {Buffer#initialize}
    # @option options [Integer] :write_reference_threshold (524288) bytes, see {Buffer#initialize}
    # @raise [ArgumentError] if a number is negative
    # @raise [::TypeError] if the io has neither `readpartial` nor `read`, or an option is of the wrong class
    # @example
    #   unpacker = MessagePack::Unpacker.new(symbolize_keys: true, max_str_len: 2)
    #   unpacker.feed("\x81\xA1a\x01").read  # => {:a=>1}
    #   unpacker.feed("\xA3abc").read        # raises MessagePack::LimitError
    # @example Reading from an IO
    #   require "stringio"
    #   MessagePack::Unpacker.new(StringIO.new("\x01\x02")).to_a  # => [1, 2]
    def initialize(io = nil, options = nil); end

    # @!group Reading

    # Appends bytes to what is to be read. A later change of the String changes nothing.
    #
    # Source: the `msgpack` gem.
    #
    # @param bytes [String, #to_str] its bytes count, whatever the encoding
    # @return [self]
    # @raise [LimitError] if more than `max_buffer_size:` would be held; nothing is taken then
    # @raise [::TypeError] if it is no String
    # @raise [RuntimeError] if it is the Unpacker of a recursive type's handler
    # @example
    #   MessagePack::Unpacker.new.feed("\x92\x01").feed("\x02").read  # => [1, 2]
    def feed(bytes); end
    alias feed_reference feed

    # Unpacks the next object. A str becomes a String in UTF-8, bin one in ASCII-8BIT; String keys are frozen; the
    # last of duplicate keys wins; extended types become what {#resolve_exttype} says.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "Deserialization: format to type conversion".
    #
    # @return [Object]
    # @raise [UnderflowError] if the bytes end too early; the next call goes on
    # @raise [MalformedFormatError] if they are no MessagePack
    # @raise [StackError] if containers are nested deeper than `max_depth:`
    # @raise [LimitError] if something is longer than a limit allows
    # @raise [UnexpectedTypeError] if `strict_map_key:` refuses a key
    # @raise [UnknownExtTypeError] if an extended type is refused or not found
    # @raise [EncodingError] if `symbolize_keys:` meets a key that is not UTF-8
    # @raise [RuntimeError] inside one of its handlers
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\x81\xA1a\x01\xC1")
    #   unpacker.read  # => {"a"=>1}
    #   unpacker.read  # raises MessagePack::MalformedFormatError
    #   unpacker.read  # raises MessagePack::UnderflowError
    def read; end
    alias unpack read

    # Unpacks the next object, which has to be the only one. Bytes behind it can still be read.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Object]
    # @raise (see #read)
    # @raise [MalformedFormatError] if bytes are left over
    # @example
    #   MessagePack::Unpacker.new.feed("\x01").full_unpack      # => 1
    #   MessagePack::Unpacker.new.feed("\x01\x02").full_unpack  # raises MessagePack::MalformedFormatError
    def full_unpack; end

    # Unpacks all objects that are complete, with an io up to its end. The beginning of another one is kept. A block
    # that is left by `break` or an error loses no object but its own.
    #
    # Source: the `msgpack` gem.
    #
    # @yieldparam object [Object]
    # @return [nil, Enumerator] an Enumerator without a block
    # @raise (see #read)
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\x01\x02\x92\x03")
    #   unpacker.each { |object| p object }  # => nil
    #   unpacker.feed("\x04").each.to_a      # => [[3, 4]]
    def each; end

    # Appends bytes, then does what {#each} does. Without a block they are appended when the Enumerator is used.
    #
    # Source: the `msgpack` gem.
    #
    # @param bytes [String, #to_str] as of {#feed}
    # @yieldparam object [Object]
    # @return [nil, Enumerator] an Enumerator without a block
    # @raise (see #feed)
    # @raise (see #each)
    # @example
    #   unpacker = MessagePack::Unpacker.new
    #   unpacker.feed_each("\x01\x92\x02").to_a  # => [1]
    #   unpacker.feed_each("\x03").to_a          # => [[2, 3]]
    def feed_each(bytes); end

    # Passes over the next object without building it. No handler is called.
    #
    # Source: the `msgpack` gem.
    #
    # @return [nil]
    # @raise (see #read)
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\x92\x01\x02\x03")
    #   unpacker.skip  # => nil
    #   unpacker.read  # => 3
    def skip; end

    # Whether the next object is nil. It is not consumed, whatever it is.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Boolean]
    # @raise [UnderflowError] if there are no bytes
    # @raise [UnexpectedTypeError] if an object is half read
    # @raise [RuntimeError] inside one of its handlers
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\xC0")
    #   unpacker.skip_nil  # => true
    #   unpacker.read      # => nil
    def skip_nil; end

    # Reads the beginning of an array; its elements are to be read next.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "array format family".
    #
    # @return [Integer] elements
    # @raise [UnexpectedTypeError] if it is something else, which is not consumed, or if an object is half read
    # @raise [UnderflowError] if the bytes end too early; the next call goes on
    # @raise [LimitError] if `max_array_len:` is exceeded
    # @raise [RuntimeError] inside one of its handlers
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\x92\x01\x02")
    #   unpacker.read_array_header  # => 2
    #   unpacker.read               # => 1
    #   unpacker.read_array_header  # raises MessagePack::UnexpectedTypeError
    def read_array_header; end

    # Reads the beginning of a map; keys and values are to be read next, by turns.
    #
    # Source: the `msgpack` gem; MessagePack's specification, "map format family".
    #
    # @return [Integer] pairs
    # @raise [UnexpectedTypeError] if it is something else, which is not consumed, or if an object is half read
    # @raise [UnderflowError] if the bytes end too early; the next call goes on
    # @raise [LimitError] if `max_map_len:` is exceeded
    # @raise [RuntimeError] inside one of its handlers
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\x81\xA1a\x01")
    #   unpacker.read_map_header              # => 1
    #   [unpacker.read, unpacker.read]        # => ["a", 1]
    def read_map_header; end

    # Where it is in the stream.
    #
    # Source: new.
    #
    # @return [Integer] bytes consumed since the beginning or {#reset}, those taken through the {#buffer} included
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\xA1a\x01")
    #   unpacker.read
    #   unpacker.tell  # => 2
    def tell; end

    # The Buffer that is read from.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Buffer] the same object at each call
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\x01ab")
    #   unpacker.read
    #   unpacker.buffer.read(2)  # => "ab"
    def buffer; end

    # Forgets all bytes, and an object that is half read. Registrations stay.
    #
    # Source: the `msgpack` gem.
    #
    # @return [nil]
    # @example
    #   unpacker = MessagePack::Unpacker.new.feed("\x92\x01")
    #   unpacker.reset           # => nil
    #   unpacker.feed("\x02").read  # => 2
    def reset; end

    # @!endgroup

    # @!group Options

    # Whether it makes Symbols of keys.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Boolean]
    # @example
    #   MessagePack::Unpacker.new(symbolize_keys: true).symbolize_keys?  # => true
    def symbolize_keys?; end

    # Whether it freezes what it builds.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Boolean]
    # @example
    #   MessagePack::Unpacker.new(freeze: true).freeze?  # => true
    def freeze?; end

    # Whether it was made with `allow_unknown_ext:`.
    #
    # Source: the `msgpack` gem.
    #
    # @return [Boolean]
    # @example
    #   MessagePack::Unpacker.new.allow_unknown_ext?  # => false
    def allow_unknown_ext?; end

    # @!endgroup

    # What it is, in a line.
    #
    # Source: new.
    #
    # @return [String]
    # @example
    #   MessagePack::Unpacker.new.inspect.start_with?("#<MessagePack::Unpacker ")  # => true
    def inspect; end
  end
end
