# frozen_string_literal: true

require_relative "dice"

module Differential
  # Random MessagePack as bytes, in all the forms that the format has for a value and not in the smallest alone.
  class Wire
    LEAVES = Dice.weighted(fixint: 20, integer: 30, constant: 15, float: 15, str: 40, bin: 8, ext: 8)
    KEYS = Dice.weighted(word: 60, fixint: 12, integer: 6, str: 12, bin: 2, float: 4, constant: 2, ext: 1, array: 1,
                         map: 1)
    WORDS = %w[id name type value key data état größe].map(&:b).freeze
    # First byte and pack directive of the length, by the width of the length; nil has it in the first byte itself.
    STR = { nil => 0xa0, "C" => 0xd9, "n" => 0xda, "N" => 0xdb }.freeze
    BIN = { "C" => 0xc4, "n" => 0xc5, "N" => 0xc6 }.freeze
    EXT = { "C" => 0xc7, "n" => 0xc8, "N" => 0xc9 }.freeze
    ARRAY = { nil => 0x90, "n" => 0xdc, "N" => 0xdd }.freeze
    MAP = { nil => 0x80, "n" => 0xde, "N" => 0xdf }.freeze
    # How many fit in the first byte.
    FIX = { STR => 31, ARRAY => 15, MAP => 15 }.freeze
    DOUBLES = [0.0, -0.0, 1.5, Float::NAN, -Float::NAN, Float::INFINITY, -Float::INFINITY].freeze

    # @param dice [Dice]
    def initialize(dice)
      @dice = dice
    end

    # @return [String] one object
    def document(depth = 4)
      return leaf if depth.zero? || @dice.chance?(3, depth + 3)

      @dice.chance?(1, 2) ? array(depth - 1) : map(depth - 1)
    end

    # Containers of one element within each other, around where the readers' limits are: 128 and 500 levels.
    def nested
      levels = @dice.pick([127, 128, 129, 150, 499, 500, 501, 600])
      (@dice.pick(["\x91", "\x81\x05", "\x81\xa1a", "\xdc\0\1"]).b * levels) << leaf
    end

    def array(depth)
      count = @dice.count
      header(ARRAY, count) << Array.new(count) { document(depth) }.join
    end

    def map(depth)
      count = @dice.count
      header(MAP, count) << Array.new(count) { key << document(depth) }.join
    end

    private

    def key
      kind = @dice.pick(KEYS)
      %i[array map].include?(kind) ? __send__(kind, 0) : __send__(kind)
    end

    def leaf = __send__(@dice.pick(LEAVES))

    def header(forms, count)
      width = @dice.pick(forms.keys)
      width = forms.keys.last if (width.nil? && count > FIX[forms]) || (width == "C" && count > 255)
      width.nil? ? [forms[nil] | count].pack("C") : [forms[width], count].pack("C#{width}")
    end

    def constant = [@dice.pick([0xc0, 0xc2, 0xc3])].pack("C")

    def fixint = [@dice.pick([*0x00..0x7f, *0xe0..0xff])].pack("C")

    # The widths 1, 2, 4 and 8 without and with a sign: 0xcc..0xd3. Half are near zero or the ends.
    def integer
      marker = @dice.number(0xcc..0xd3)
      width = 1 << ((marker - 0xcc) % 4)
      return [marker].pack("C") << @dice.bytes(width) if @dice.chance?(1, 2)

      number = @dice.pick(["\0", "\xff", "\x7f", "\x80"]).b << (@dice.pick(["\0", "\xff"]).b * 7)
      [marker].pack("C") << number[0, width]
    end

    def float
      return [0xca].pack("C") << @dice.bytes(4) if @dice.chance?(1, 4)
      return [0xca, @dice.pick(DOUBLES)].pack("Cg") if @dice.chance?(1, 3)

      @dice.chance?(1, 2) ? [0xcb, @dice.pick(DOUBLES)].pack("CG") : [0xcb].pack("C") << @dice.bytes(8)
    end

    def word
      word = @dice.pick(WORDS)
      header(STR, word.bytesize) << word
    end

    def str
      return word if @dice.chance?(1, 3)

      text = @dice.chance?(1, 8) ? @dice.bytes(size) : ("a".."z").to_a.rotate(@dice.number(26)).join * 12
      text = text.byteslice(0, size).b
      header(STR, text.bytesize) << text
    end

    def bin
      bytes = @dice.bytes(size)
      header(BIN, bytes.bytesize) << bytes
    end

    def ext
      return [0xd4 + (power = @dice.number(5))].pack("C") << @dice.bytes(1 + (1 << power)) if @dice.chance?(1, 2)

      bytes = @dice.bytes(size)
      header(EXT, bytes.bytesize) << @dice.bytes(1) << bytes
    end

    def size
      @dice.chance?(1, 25) ? @dice.number(250..300) : @dice.number(0..20)
    end
  end
end
