# frozen_string_literal: true

require_relative "../../differential/wire"
require_relative "../../differential/mutator"
require_relative "types"

module Fuzzing
  # MessagePack with extended types that somebody knows, and payloads that are MessagePack.
  class Wire < Differential::Wire
    # @return [String] one to four objects; changed, if `mutated`
    def self.stream(dice, mutated:)
      wire = new(dice)
      documents = Array.new(dice.number(1..4)) { dice.chance?(1, 150) ? wire.nested : wire.document }
      mutated ? Differential::Mutator.new(dice).mutate(documents.join) : documents.join
    end

    def initialize(dice)
      super
      @levels = 0
    end

    # Types in one another, around the limit of nesting.
    def nested
      return super unless @dice.chance?(1, 3)

      levels = @dice.pick([3, 30, 40])
      (1..levels).inject(@dice.chance?(1, 2) ? "\xc0".b : fixint) { |inner, _| packed(@dice.pick([1, 2, 8]), inner) }
    end

    private

    def ext
      return packed(@dice.pick(Types::NUMBERS), moment) if @dice.chance?(1, 8)

      packed(@dice.chance?(9, 10) ? @dice.pick(Types::NUMBERS) : @dice.number(-128..127), payload)
    end

    def moment
      @dice.bytes(@dice.pick([4, 8, 8, 12])).tap { |bytes| bytes.setbyte(0, 0) if @dice.chance?(2, 3) }
    end

    def payload
      return @dice.bytes(1 << @dice.number(5)) if @levels > 3 || @dice.chance?(1, 4)

      @levels += 1
      Array.new(@dice.number(1..2)) { document(1) }.join
    ensure
      @levels = 0 if @dice.chance?(1, 4)
    end

    def packed(type, payload)
      if [1, 2, 4, 8, 16].include?(payload.bytesize) && @dice.chance?(2, 3)
        return [0xd4 + payload.bytesize.bit_length - 1, type].pack("Cc") << payload
      end

      wide = { "C" => 255, "S>" => 65_535, "L>" => (2**32) - 1 }.select { |_, most| payload.bytesize <= most }
      directive = @dice.pick(wide.keys)
      [0xc7 + %w[C S> L>].index(directive), payload.bytesize, type].pack("C#{directive}c") << payload
    end
  end
end
