# frozen_string_literal: true

require_relative "dice"

module Differential
  # Cuts and changes bytes in the ways in which they get damaged, and in those in which someone damages them.
  class Mutator
    KINDS = Dice.weighted(truncate: 6, flip: 4, replace: 3, remark: 3, insert: 2, remove: 3, repeat: 2, noise: 1,
                          announce: 1)
    # First bytes with a meaning of their own: the one without any, and each form with a length.
    MARKERS = [0xc0, 0xc1, *0xc4..0xcb, *0xd4..0xdf, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xff].freeze

    # @param dice [Dice]
    def initialize(dice)
      @dice = dice
    end

    # @param bytes [String]
    # @return [String] another one: changed once, twice or three times
    def mutate(bytes)
      (1..@dice.pick([1, 1, 1, 2, 3])).inject(bytes.b) { |changed, _| __send__(@dice.pick(KINDS), changed) }
    end

    private

    def at(bytes) = @dice.number([bytes.bytesize, 1].max)

    def truncate(bytes) = bytes.byteslice(0, at(bytes))

    def flip(bytes)
      replace(bytes) { |byte| byte ^ (1 << @dice.number(8)) }
    end

    def replace(bytes)
      return bytes if bytes.empty?

      place = at(bytes)
      bytes.dup.tap { |copy| copy.setbyte(place, block_given? ? yield(copy.getbyte(place)) : @dice.number(256)) }
    end

    # One in four is the very first byte.
    def remark(bytes)
      marker = @dice.chance?(1, 4) ? 0xc1 : @dice.pick(MARKERS)
      return replace(bytes) { marker } unless @dice.chance?(1, 4) && !bytes.empty?

      bytes.dup.tap { |copy| copy.setbyte(0, marker) }
    end

    # A header with a length of 32 bits, around where a counter of 31 or 32 bits would turn over.
    def announce(bytes)
      length = @dice.pick([0, 1 << 31, 1 << 31, (1 << 32) - 4]) + @dice.number(4)
      header = [@dice.pick([0xc6, 0xc9, 0xdb, 0xdd, 0xdf, 0xdf, 0xdf]), length].pack("CN")
      @dice.chance?(1, 2) ? header << bytes : bytes.dup.insert(at(bytes), header)
    end

    def insert(bytes)
      bytes.dup.insert(at(bytes), @dice.bytes(@dice.number(1..4)))
    end

    def remove(bytes)
      place = at(bytes)
      bytes.byteslice(0, place) << bytes.byteslice(place + @dice.number(1..8)..).to_s
    end

    def repeat(bytes)
      place = at(bytes)
      bytes.byteslice(0, place + @dice.number(1..8)) << bytes.byteslice(place..)
    end

    def noise(_bytes) = @dice.bytes(@dice.number(0..30))
  end
end
