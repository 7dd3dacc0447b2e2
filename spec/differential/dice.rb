# frozen_string_literal: true

module Differential
  # The one source of chance: a sequence of numbers that a seed decides, the same in every process.
  class Dice
    def initialize(seed)
      @random = Random.new(seed)
    end

    # @param limit [Integer, Range]
    def number(limit)
      @random.rand(limit)
    end

    # Whether it happens, so many times in `of`.
    def chance?(times, of)
      @random.rand(of) < times
    end

    def pick(list)
      list[@random.rand(list.size)]
    end

    def bytes(count)
      @random.bytes(count)
    end

    # Mostly few, sometimes many: most values are small, and what is special about sizes happens at the large ones.
    def count
      chance?(9, 10) ? number(0..5) : number(6..20)
    end

    # The bytes in pieces, cut at any place; one in eight is cut after every byte.
    def cut(bytes)
      size = chance?(1, 8) && bytes.bytesize < 300 ? 1 : number(1..[bytes.bytesize, 1].max)
      pieces = []
      at = 0
      while at < bytes.bytesize
        pieces << bytes.byteslice(at, length = size == 1 ? 1 : number(1..size))
        at += length
      end
      pieces
    end

    # @param weights [Hash{Object => Integer}] how often each
    # @return [Array] a list for {#pick}
    def self.weighted(weights)
      weights.flat_map { |item, weight| [item] * weight }.freeze
    end
  end
end
