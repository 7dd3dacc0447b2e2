# frozen_string_literal: true

require_relative "difference"
require_relative "intended_differences"

module Differential
  # Lets two peers go through the same cases and sorts their differences.
  class Comparison
    BATCH = 500
    # How many differences a failure tells.
    SHOWN = 5

    # @return [Integer]
    attr_reader :seed
    # @return [Array<Array(Integer, Difference)>] with the case's number: what no entry has claimed
    attr_reader :unexplained
    # @return [Hash{IntendedDifferences::Entry => Integer}] how many cases each entry has claimed
    attr_reader :hits
    # @return [Integer] how many cases there were
    attr_reader :total

    # @param kind [:objects, :bytes]
    # @param seed [Integer]
    # @param entries [IntendedDifferences::List]
    def initialize(kind, seed, entries)
      @kind = kind
      @seed = seed
      @entries = entries
      @unexplained = []
      @hits = Hash.new(0)
      @total = 0
    end

    # @param count [Integer] of cases
    # @param ours [#ask, #answer] this gem
    # @param theirs [#ask, #answer] the C gem
    # @return [self]
    def run(count, ours, theirs)
      (0...count).each_slice(BATCH) do |numbers|
        both = [ours, theirs]
        both.each { |peer| peer.ask(@kind, @seed, numbers.first..numbers.last) }
        answers = both.map(&:answer)
        numbers.each_with_index { |number, at| compare(number, *answers.map { |answer| answer.fetch(at) }) }
      end
      self
    end

    # @return [String] how many cases each entry of the list has claimed
    def to_s
      rows = @hits.sort_by { |_, hits| -hits }
      ["#{total} #{@kind}: #{unexplained.size} unexplained differences, #{@hits.values.sum} intended",
       *rows.map { |entry, hits| format("%7d  %5.2f %%  %s", hits, 100.0 * hits / total, entry.name) }].join("\n")
    end

    # @return [String] the simplest of the differences that nobody has claimed, for the message of a failing example
    def failures
      shown = unexplained.sort_by { |_, difference| difference.kase.to_s.size }.first(SHOWN)
      ["#{unexplained.size} of #{total} #{@kind} differ without being meant to (SEED=#{seed}), such as",
       *shown.map { |number, difference| "number #{number}: #{difference}" }].join("\n")
    end

    private

    def compare(number, ours, theirs)
      raise "case #{number} of seed #{seed} was not the same for both" unless ours.first == theirs.first

      @total += 1
      difference = difference(number, widened(ours.last), theirs.last)
      return unless difference

      entry = @entries.entry_for(difference)
      entry ? @hits[entry] += 1 : @unexplained << [number, difference]
    end

    # @return [Difference, nil]
    def difference(number, ours, theirs)
      return if ours == theirs

      at = (0..).find { |step| ours[step] != theirs[step] }
      Difference.new(kase: Differential.case(@kind, seed, number), step: (ours[at] || theirs[at]).first,
                     ours: ours[at]&.last, theirs: theirs[at]&.last, earlier: ours.first(at))
    end

    def widened(steps)
      steps.map { |name, text| [name, IntendedDifferences.widened(text)] }
    end
  end
end
