# frozen_string_literal: true

module Fuzzing
  # What is packed, in plain Ruby: the smallest form of each value, bytes that belong together in one `pack`.
  class ReferencePacker
    INTEGERS = { 0..0x7f => "C", -0x20..-1 => "c", 0..0xff => [0xcc, "C"], 0..0xffff => [0xcd, "S>"],
                 0..0xffff_ffff => [0xce, "L>"], 0..0xffff_ffff_ffff_ffff => [0xcf, "Q>"], -0x80..-1 => [0xd0, "c"],
                 -0x8000..-1 => [0xd1, "s>"], -0x8000_0000..-1 => [0xd2, "l>"],
                 -0x8000_0000_0000_0000..-1 => [0xd3, "q>"] }.freeze
    CONSTANTS = { nil => 0xc0, false => 0xc2, true => 0xc3 }.freeze
    # How long at most => first byte and directive of the length; :fix has the length in the first byte.
    STR = { 31 => [0xa0, :fix], 0xff => [0xd9, "C"], 0xffff => [0xda, "S>"], 0xffff_ffff => [0xdb, "L>"] }.freeze
    OLD_STR = STR.except(0xff).freeze
    BIN = { 0xff => [0xc4, "C"], 0xffff => [0xc5, "S>"], 0xffff_ffff => [0xc6, "L>"] }.freeze
    EXT = { 0xff => [0xc7, "C"], 0xffff => [0xc8, "S>"], 0xffff_ffff => [0xc9, "L>"] }.freeze
    FIXED_EXT = { 1 => 0xd4, 2 => 0xd5, 4 => 0xd6, 8 => 0xd7, 16 => 0xd8 }.freeze
    ARRAY = { 15 => [0x90, :fix], 0xffff => [0xdc, "S>"], 0xffff_ffff => [0xdd, "L>"] }.freeze
    MAP = { 15 => [0x80, :fix], 0xffff => [0xde, "S>"], 0xffff_ffff => [0xdf, "L>"] }.freeze

    class << self
      def header(forms, count)
        marker, directive = forms.find { |most, _| count <= most }.last
        directive == :fix ? [marker | count].pack("C") : [marker, count].pack("C#{directive}")
      end

      def integer(value)
        form = INTEGERS.find { |range, _| range.cover?(value) } or raise RangeError, "beyond 64 bits"
        form.last.is_a?(String) ? [value].pack(form.last) : [form.last[0], value].pack("C#{form.last[1]}")
      end

      def extended(type, payload)
        fixed = FIXED_EXT[payload.bytesize]
        (fixed ? [fixed].pack("C") : header(EXT, payload.bytesize)) << [type].pack("c") << payload
      end
    end

    # @return [Array<Integer>] the ids of containers that are changed while they are packed
    attr_reader :changed

    # @param options [Hash] of a Packer
    # @param types [Symbol] :factory, :wiki or :none
    def initialize(options, types)
      @options = options
      @types = types
      @changed = []
    end

    # @return [String] the bytes
    # @raise what the library should
    def of(value)
      case value
      when nil, true, false then [CONSTANTS.fetch(value)].pack("C")
      when Integer then self.class.integer(value)
      when Float then [0xcb, value].pack("CG")
      when Symbol then string(value.name)
      when String then string(value)
      when Array then array(value)
      when Hash then map(value)
      else object(value)
      end
    end

    def binary(bytes)
      self.class.header(@options[:compatibility_mode] ? OLD_STR : BIN, bytes.bytesize) << bytes.b
    end

    def string(text)
      return binary(text) if text.encoding == Encoding::BINARY

      text = text.encode(Encoding::UTF_8) unless [Encoding::UTF_8, Encoding::US_ASCII].include?(text.encoding)
      self.class.header(@options[:compatibility_mode] ? OLD_STR : STR, text.bytesize) << text.b
    end

    def array(items)
      packed = items.inject(self.class.header(ARRAY, items.size)) { |bytes, item| bytes << of(item) }
      raise "another size" if changed.include?(items.object_id)

      packed
    end

    def map(pairs)
      pairs.inject(self.class.header(MAP, pairs.size)) { |bytes, (key, value)| bytes << of(key) << of(value) }
    end

    private

    def object(value)
      case value
      when MessagePack::ExtType then self.class.extended(value.type, value.data)
      when Objects::Registered then value.packed_by(self, @types)
      when Objects::Unregistered then value.packed_by(self)
      else raise NoMethodError, "to_msgpack"
      end
    end
  end
end
