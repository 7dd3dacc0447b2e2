# frozen_string_literal: true

require_relative "dice"

module Differential
  # Random Strings and Symbols of many encodings.
  class Texts
    LETTERS = [*"a".."z", *"0".."9", " ", "_", "\0"].freeze
    WIDE = ["é", "ß", "ÿ", "日", "本", "語", "ж", "€", "\u{1F600}", "\u0301"].freeze
    WORDS = %w[id name type value key data état größe].freeze
    # Of the kinds that differ to a packer: 7-bit or not, of one or more bytes, with a converter or without, dummy.
    ENCODINGS = %w[ISO-8859-1 Windows-1252 Shift_JIS EUC-JP UTF-16LE UTF-16BE UTF-32LE UTF-16 ISO-2022-JP GB18030
                   CESU-8 UTF8-MAC US-ASCII].map { |name| Encoding.find(name) }.freeze
    STRAY = (ENCODINGS + %w[UTF-7 Emacs-Mule UTF-8].map { |name| Encoding.find(name) }).freeze

    KINDS = Dice.weighted(word: 20, ascii: 25, wide: 15, binary: 10, other: 10, broken: 2, stray: 1)
    SYMBOLS = Dice.weighted(word: 20, ascii: 20, wide: 10, binary_name: 1, other: 4)

    # @param dice [Dice]
    def initialize(dice)
      @dice = dice
    end

    def string
      __send__(@dice.pick(KINDS))
    end

    def symbol
      __send__(@dice.pick(SYMBOLS)).to_sym
    end

    # A String of so many bytes, UTF-8 or binary.
    def of(bytes)
      @dice.chance?(1, 2) ? @dice.bytes(bytes) : "é#{"x" * (bytes - 2)}"
    end

    private

    def size
      @dice.chance?(1, 12) ? @dice.number(28..70) : @dice.number(0..12)
    end

    def letters(alphabet)
      Array.new(size) { @dice.pick(alphabet) }.join
    end

    def word = @dice.pick(WORDS)

    # Tagged as UTF-8, US-ASCII or as one of the other encodings that hold it as it is.
    def ascii
      text = letters(LETTERS)
      return text if @dice.chance?(3, 4)

      text.force_encoding(@dice.pick([Encoding::US_ASCII, Encoding::ISO_8859_1, Encoding::Shift_JIS]))
    end

    def wide = letters(LETTERS + (WIDE * 5))

    def binary = @dice.bytes(size)

    # A Symbol in ASCII-8BIT has to have a byte that is no ASCII.
    def binary_name = @dice.bytes(size) << 0xff

    # Something that its encoding has characters for.
    def other
      letters(LETTERS + WIDE).encode(@dice.pick(ENCODINGS), invalid: :replace, undef: :replace)
    end

    # UTF-8 in name only: packed as it is.
    def broken
      (wide.b << @dice.bytes(@dice.number(1..3))).force_encoding(Encoding::UTF_8)
    end

    # Whatever bytes, in an encoding that may not be able to say what they mean.
    def stray
      @dice.bytes(size).force_encoding(@dice.pick(STRAY))
    end
  end
end
