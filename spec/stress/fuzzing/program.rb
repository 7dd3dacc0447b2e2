# frozen_string_literal: true

require_relative "../../differential/dice"
require_relative "text"
require_relative "reference_unpacker"

module Fuzzing
  # What the library did and should not have done.
  class Finding < StandardError; end

  # A program that a seed decides. It keeps a record of what it does, for the message of a {Finding}.
  class Program
    # @return [Differential::Dice]
    attr_reader :dice
    # @return [Array<String>]
    attr_reader :steps

    def initialize(dice)
      @dice = dice
      @steps = []
    end

    # @raise [Finding]
    def run
      go
    rescue Finding => e
      raise e.class, "#{self.class.name}: #{e.message}\n  #{(steps.first(2) | steps.drop(2).last(40)).join("\n  ")}"
    end

    private

    def step(text)
      steps << text
    end

    # Compares what was done with what was to be done.
    def check(what, found, expected)
      return if found == expected

      raise Finding, "#{what}: #{found.inspect[0, 1500]}, expected #{expected.inspect[0, 1500]}"
    end

    def claim(what, truth)
      truth or raise Finding, what
    end

    # Whether the fiber has been left in the middle once more.
    def alive?(fiber)
      fiber.resume
      fiber.alive?
    end

    # What a call did as a text: its result's, or the class and the offset of its error.
    def outcome
      text = "thrown"
      catch(:fuzzing) { text = Text.of(yield) }
      text
    rescue ReferenceUnpacker::Starved, ReferenceUnpacker::Failure => e
      "!#{e.name} #{e.offset.inspect}"
    rescue StandardError, SystemStackError => e
      raise if e.is_a?(Finding)

      "!#{e.class.name} #{e.respond_to?(:offset) ? e.offset.inspect : "nil"}"
    end
  end
end
