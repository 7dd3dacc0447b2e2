# frozen_string_literal: true

require_relative "interference"
require_relative "packing"
require_relative "reading"

# Random programs that use the library in all its ways, and know what has to come of it: see {Fuzzing::Program}.
module Fuzzing
  KINDS = Differential::Dice.weighted(Reading => 4, Packing => 3, Interference => 3)
  private_constant :KINDS

  # @param seed [Integer]
  # @return [Program]
  def self.program(seed)
    dice = Differential::Dice.new(seed)
    dice.pick(KINDS).new(dice)
  end
end
