# frozen_string_literal: true

require_relative "types"

module Fuzzing
  # One object of bytes, in plain Ruby and in the simplest way. Its errors are no MessagePack ones but {Failure}, which
  # has the name of the right class.
  class ReferenceDecoder
    # An error, with the class that the library has to raise.
    class Failure < StandardError
      # @return [String]
      attr_reader :name
      # @return [Integer, nil]
      attr_reader :offset
      # @return [ReferenceUnpacker] whose input it is about
      attr_reader :owner

      def initialize(name, offset, owner)
        super("#{name} at #{offset.inspect}")
        @name = name
        @offset = offset
        @owner = owner
      end
    end

    # Not enough input. An EOFError, since handlers rescue that.
    class Starved < EOFError
      attr_reader :offset, :owner

      # @param in_body [Boolean] whether the token's header is complete
      def initialize(offset, owner, in_body: false)
        super("starved at #{offset}")
        @offset = offset
        @owner = owner
        @in_body = in_body
      end

      def in_body? = @in_body

      def name = "MessagePack::UnderflowError"
    end

    INTEGERS = { 0xcc => "C", 0xcd => "S>", 0xce => "L>", 0xcf => "Q>", 0xd0 => "c", 0xd1 => "s>", 0xd2 => "l>",
                 0xd3 => "q>" }.freeze
    LENGTHS = { 1 => "C", 2 => "S>", 4 => "L>" }.freeze
    MAX_DEPTH = 500

    # @param types [Types::Table]
    # @param options [Hash] of an Unpacker
    # @param base [Integer] where in the stream the first byte is
    # @param depth [Integer] how many levels there are around it
    def initialize(types, options, bytes: +"", base: 0, depth: 0)
      @types = types
      @options = options
      @bytes = bytes.b
      @base = base
      @depth = depth
      @cursor = 0
    end

    private

    def fail_at(name, place)
      raise Failure.new(name, place && (@base + place), self)
    end

    def need(start, count, from = @cursor, in_body: false)
      raise Starved.new(@base + start, self, in_body: in_body) if @bytes.bytesize < from + count

      true
    end

    def container(marker)
      case marker
      when 0x80..0x8f then [:map, nil]
      when 0x90..0x9f then [:array, nil]
      when 0xdc, 0xdd then [:array, marker == 0xdc ? 2 : 4]
      when 0xde, 0xdf then [:map, marker == 0xde ? 2 : 4]
      end
    end

    # The object at the cursor.
    def value(depth, key: false)
      start = @cursor
      need(start, 1)
      marker = @bytes.getbyte(start)
      @cursor += 1
      case marker
      when 0x00..0x7f, 0xe0..0xff then scalar(start, key, marker > 0x7f ? marker - 256 : marker)
      when 0xc0, 0xc2, 0xc3 then scalar(start, key, { 0xc0 => nil, 0xc2 => false, 0xc3 => true }[marker])
      when 0xca then scalar(start, key, fixed(start, 4, "g"))
      when 0xcb then scalar(start, key, fixed(start, 8, "G"))
      when 0xcc..0xd3 then scalar(start, key, fixed(start, 1 << ((marker - 0xcc) & 3), INTEGERS[marker]))
      when 0xc1 then fail_at("MessagePack::MalformedFormatError", start)
      else sized(start, marker, depth, key)
      end
    end

    def sized(start, marker, depth, key)
      case marker
      when 0xa0..0xbf then string(start, :str, length(start, 0, marker & 0x1f), key)
      when 0xd9..0xdb then string(start, :str, length(start, 1 << (marker - 0xd9)), key)
      when 0xc4..0xc6 then string(start, :bin, length(start, 1 << (marker - 0xc4)), key)
      when 0xc7..0xc9 then extended(start, length(start, 1 << (marker - 0xc7)), depth, key)
      when 0xd4..0xd8 then extended(start, 1 << (marker - 0xd4), depth, key)
      else
        kind, width = container(marker)
        __send__(kind, start, length(start, width || 0, marker & 0x0f), depth, key)
      end
    end

    def fixed(start, width, directive)
      need(start, width)
      @cursor += width
      @bytes.byteslice(@cursor - width, width).unpack1(directive)
    end

    def length(start, width, in_marker = nil)
      width.zero? ? in_marker : fixed(start, width, LENGTHS.fetch(width))
    end

    def scalar(start, key, scalar)
      only_strings(start) if key
      scalar
    end

    def only_strings(start)
      return if @mode == :rest || !@options[:strict_map_key]

      fail_at("MessagePack::UnexpectedTypeError", start)
    end

    def within(option, count, start)
      limit = @options[option]
      return if @mode == :rest || limit.nil? || count <= limit

      fail_at("MessagePack::LimitError", start)
    end

    def deeper(start, depth)
      return if @mode == :rest || depth < (@options[:max_depth] || MAX_DEPTH)

      fail_at("MessagePack::StackError", start)
    end

    def body(start, count)
      need(start, count, in_body: true)
      @cursor += count
      @bytes.byteslice(@cursor - count, count)
    end

    def string(start, kind, count, key)
      within(:"max_#{kind}_len", count, start)
      bytes = body(start, count)
      return if @mode != :read

      bytes.force_encoding(Encoding::UTF_8) if kind == :str
      invalid = kind == :str && @options[:validate_utf8] && !bytes.valid_encoding?
      fail_at("MessagePack::MalformedFormatError", start) if invalid
      key && @options[:symbolize_keys] ? symbol(bytes) : finished(bytes, frozen: key)
    end

    def symbol(bytes)
      bytes.force_encoding(Encoding::UTF_8)
      raise Failure.new("EncodingError", nil, self) unless bytes.valid_encoding?

      bytes.to_sym
    end

    def finished(value, frozen: false)
      frozen || @options[:freeze] ? value.freeze : value
    end

    def array(start, count, depth, key)
      only_strings(start) if key
      within(:max_array_len, count, start)
      deeper(start, depth)
      items = []
      count.times { items << value(depth + 1) }
      finished(items)
    end

    def map(start, count, depth, key)
      only_strings(start) if key
      within(:max_map_len, count, start)
      deeper(start, depth)
      pairs = {}
      count.times do
        name = value(depth + 1, key: true)
        content = value(depth + 1)
        pairs[name] = content if @mode == :read
      end
      finished(pairs)
    end

    def extended(start, count, depth, key)
      type = fixed(start, 1, "c")
      only_strings(start) if key
      within(:max_ext_len, count, start)
      recursive = @types.recursive(type)
      data = body(start, count)
      return if @mode != :read

      deeper(start, depth) if recursive
      handled(start, depth, type, data, recursive)
    end

    def handled(start, depth, type, data, recursive)
      handler = recursive || @types.plain(type)
      return unregistered(start, type, data) unless handler

      inner = self.class.new(@types, @options, bytes: data, base: @base + @cursor - data.bytesize, depth: depth + 1)
      handler.call(recursive ? inner : data)
    rescue MessagePack::UnpackError => e
      raise Failure.new(e.class.name, @base + start, self)
    end

    def unregistered(start, type, data)
      refused = @types.refused?(type) || @types.default == :refuse
      fail_at("MessagePack::UnknownExtTypeError", start) if refused

      made = { ext_type: MessagePack::ExtType, extension_value: MessagePack::ExtensionValue }.fetch(@types.default)
      finished(made.from_exttype(type, finished(data)))
    end
  end
end
