# frozen_string_literal: true

module Bench
  # What one row gave: for each side the nanoseconds of one operation in each round (nil where a side sat out), and
  # what it allocates.
  class Result
    # The middle of several figures.
    def self.median(figures)
      sorted = figures.sort
      half = sorted.size / 2
      sorted.size.odd? ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2.0
    end

    # @return [Float] the mean of factors
    def self.mean(factors)
      Math.exp(factors.sum { |factor| Math.log(factor) } / factors.size)
    end

    attr_reader :row, :rounds, :memory

    def initialize(row)
      @row = row
      @rounds = []
      @checks = []
      @memory = {}
    end

    # @param answers [Hash{Symbol => Hash}] of one round, by sides
    def add(answers)
      @rounds << answers.transform_values { |answer| answer[:ns] }.compact
      @checks.concat(answers.values.filter_map { |answer| answer[:check] })
    end

    # @return [Boolean] whether this gem has taken part
    def any?
      rounds.any? { |round| round.key?(:ours) }
    end

    # @return [Boolean] whether all sides have had the same result
    def same?
      @checks.uniq.size <= 1
    end

    def to_h
      { group: row.group, name: row.name, summary: row.summary, same: same?,
        ns: sides.to_h { |side| [side, ns(side).round(1)] },
        times: (sides - [:ours]).to_h { |side| [side, spread(side)] }, memory: memory }
    end

    private

    def sides
      rounds.flat_map(&:keys).uniq
    end

    def ns(side)
      Result.median(rounds.filter_map { |round| round[side] })
    end

    # How many times as long as this gem a side takes. Both figures of a ratio are from the same round.
    def spread(side)
      ratios = rounds.filter_map { |round| round[side] / round[:ours] if round[side] && round[:ours] }
      { median: Result.median(ratios).round(3), low: ratios.min.round(3), high: ratios.max.round(3) }
    end
  end
end
