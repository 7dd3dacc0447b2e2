# frozen_string_literal: true

require_relative "dice"
require_relative "texts"

module Differential
  # Random objects to pack. It knows no MessagePack library: the extended types come from `ext`.
  class Generator
    # Writes itself by the methods of the packer that it gets, and returns what has to be ignored.
    Custom = Struct.new(:content) do
      def to_msgpack(packer)
        packer.write_array_header(2).write(:custom)
        packer.write(content)
        "ignored"
      end
    end

    SubString = Class.new(String)
    SubArray = Class.new(Array)
    SubHash = Class.new(Hash)
    Nameless = Struct.new(:field)

    LEAVES = Dice.weighted(small: 40, integer: 40, float: 25, text: 50, symbol: 15, constant: 20, ext: 10, custom: 3,
                           oversized: 1, unpackable: 1)
    CONTAINERS = Dice.weighted(array: 10, map: 12, sub_array: 1, sub_hash: 1)
    KEYS = Dice.weighted(text: 30, symbol: 20, small: 10, integer: 5, float: 3, constant: 2, ext: 1, array: 1, map: 1)
    FLOATS = [0.0, -0.0, 1.0, -1.5, 0.1, Float::NAN, Float::INFINITY, -Float::INFINITY, Float::MAX, Float::MIN,
              Float::MIN.next_float, 5e-324, Float::EPSILON, 2.0**53, 3.4e38, 16_777_217.0].freeze
    UNPACKABLE = [Object.new, 1.5.to_r, Complex(1, 2), 1..2, Time.at(0), Nameless.new(1), Comparable, Object].freeze
    # Where the form changes: one below, at and above each.
    SIZES = [15, 16, 17, 31, 32, 33, 255, 256, 257].freeze
    HUGE_SIZES = [65_535, 65_536].freeze

    # @param dice [Dice]
    # @param ext [#call] makes an extended type of a number and a payload
    def initialize(dice, ext:)
      @dice = dice
      @ext = ext
      @texts = Texts.new(dice)
    end

    # @param depth [Integer] how many containers it may open within each other
    def object(depth = 4)
      return huge if depth == 4 && @dice.chance?(1, 250)
      return leaf if depth.zero? || @dice.chance?(3, depth + 3)

      __send__(@dice.pick(CONTAINERS), depth - 1)
    end

    # Containers of one element within each other, around where the readers' limits are: 128 and 500 levels.
    def nested
      levels = @dice.pick([100, 126, 127, 128, 129, 140, 498, 499, 500, 501, 520])
      (1..levels).inject(leaf) { |inner, level| level.odd? ? [inner] : { level => inner } }
    end

    def leaf(_depth = 0)
      __send__(@dice.pick(LEAVES))
    end

    def small(_depth = 0)
      @dice.number(-40..140)
    end

    # Around each power of two up to the last that fits.
    def integer(_depth = 0)
      bits = @dice.number(5..63)
      value = @dice.chance?(1, 2) ? (2**bits) + @dice.number(-1..1) : @dice.number(2**bits)
      return value if @dice.chance?(1, 2)

      [-value, -(2**63)].max
    end

    def oversized(_depth = 0)
      (2**@dice.number(64..80)) * @dice.pick([1, -1])
    end

    # One in three has any bits at all.
    def float(_depth = 0)
      return @dice.pick(FLOATS) if @dice.chance?(1, 3)

      @dice.chance?(1, 2) ? @dice.bytes(8).unpack1("G") : @dice.number(-1e6..1e6)
    end

    def constant(_depth = 0)
      @dice.pick([nil, true, false])
    end

    def text(_depth = 0)
      string = @texts.string
      @dice.chance?(1, 30) ? SubString.new(string) : string
    end

    def symbol(_depth = 0)
      @texts.symbol
    end

    def ext(_depth = 0)
      @ext.call(@dice.number(-128..127), @dice.bytes(@dice.chance?(1, 3) ? @dice.number(20) : 2**@dice.number(0..4)))
    end

    def custom(_depth = 0)
      Custom.new(leaf)
    end

    # Of no class that can be packed, or of a type number that can't.
    def unpackable(_depth = 0)
      return @ext.call(@dice.pick([128, -129, 2**70, nil, "1"]), "data") if @dice.chance?(1, 4)
      return @ext.call(1, @dice.pick([nil, :data, 5])) if @dice.chance?(1, 4)

      @dice.pick(UNPACKABLE)
    end

    def array(depth)
      Array.new(@dice.count) { object(depth) }
    end

    def map(depth)
      Array.new(@dice.count) { [__send__(@dice.pick(KEYS), [depth, 1].min), object(depth)] }.to_h
    end

    def sub_array(depth)
      SubArray.new(array(depth))
    end

    def sub_hash(depth)
      SubHash[map(depth)]
    end

    private

    def huge
      case @dice.number(4)
      when 0 then @texts.of(@dice.pick(SIZES + HUGE_SIZES))
      when 1 then Array.new(@dice.pick(SIZES)) { leaf }
      when 2 then Array.new(@dice.pick(HUGE_SIZES)) { |at| at % 200 }
      else Array.new(@dice.pick(SIZES)) { |at| [@dice.pick([at, at.to_s, at.to_s.to_sym]), leaf] }.to_h
      end
    end
  end
end
