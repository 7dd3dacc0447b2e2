# frozen_string_literal: true

require "date"
require "etc"
require_relative "contestant"
require_relative "floor"
require_relative "library"
require_relative "result"
require_relative "rows"
require_relative "start"

module Bench
  # Measures rows, in rounds. Every round starts a new process for each side: where a process happens to get its
  # memory makes one row up to a quarter faster or slower for as long as it lives, so that rounds in the same
  # processes would agree with each other and be wrong together.
  class Suite
    OWN_LIB = File.expand_path("../lib", __dir__)
    # Other formats are no close race: their ratios need fewer rounds.
    FORMAT_ROUNDS = 3
    # In a process of its own each, since a peak cannot be taken back.
    MEMORY_SIDES = %i[ours gem].freeze

    # ours, peer: lib folders of this gem and of another msgpack gem (nil: the system's); seconds: what one measurement
    # takes, about; turns: instead, how many operations; sides: who takes part beside :ours; memory: whether to measure
    # memory and the start, too.
    DEFAULTS = { ours: OWN_LIB, peer: nil, rounds: 7, seconds: 0.05, turns: nil, sides: Library::SIDES,
                 memory: true, progress: ->(_text) {} }.freeze

    # @param rows [Array<Row>]
    # @param options [Hash] other values than DEFAULTS
    def initialize(rows, **options)
      @rows = rows
      @options = DEFAULTS.merge(options)
      @dirs = { ours: @options[:ours], gem: @options[:peer] }
      @rounds = @options[:rounds]
      @sides = [:ours, *@options[:sides]].uniq & Library::SIDES
      @turns = {}
      @about = {}
    end

    # @return [Hash] all figures, as they are written to a file; keys are Symbols
    def run
      @dirs[:floor] = Floor.build if @sides.include?(:floor)
      results = @rows.map { |row| Result.new(row) }
      @rounds.times { |round| run_round(round, results) }
      # What this gem does not do (yet) is no row.
      results.select!(&:any?)
      measure_memory(results) if @options[:memory]
      { made: Date.today.iso8601, machine: machine, sides: @about, rounds: @rounds, seconds: @options[:seconds],
        rows: results.map(&:to_h), start: @options[:memory] ? Start.new(@dirs).measure : nil }.compact
    end

    private

    def machine
      { ruby: RUBY_DESCRIPTION, processors: Etc.nprocessors, processor: processor }
    end

    def processor
      File.read("/proc/cpuinfo")[/^model name\s*:\s*(.+)$/, 1]
    rescue SystemCallError
      nil
    end

    def run_round(round, results)
      contestants = start(round)
      results.each do |result|
        @options[:progress].call("round #{round + 1} of #{@rounds}: #{result.row.title}")
        result.add(answers(result.row, contestants.rotate(round)))
      end
    ensure
      contestants&.each(&:close)
    end

    def start(round)
      @missing ||= []
      sides = @sides - @missing
      sides -= Library::FORMATS if round >= FORMAT_ROUNDS
      started = sides.map { |side| Contestant.start(side, @dirs[side]) }
      missing, there = started.partition(&:missing?)
      missing.each(&:close)
      @missing.concat(missing.map(&:side))
      started.each { |contestant| @about[contestant.side] = contestant.about }
      there
    end

    # The order changes from round to round: nobody always comes after the same other one.
    def answers(row, contestants)
      plan_turns(row, contestants)
      contestants.select { |contestant| @turns[row].key?(contestant.side) }.to_h do |contestant|
        [contestant.side, contestant.time(row, @turns[row][contestant.side])]
      end
    end

    # The same number for all who do MessagePack or less, and in all rounds: a turn costs more or less as the garbage
    # of earlier turns has made the heap grow, so that whoever does more turns is measured in another state. Other
    # formats, some of them ten times slower, have numbers of their own.
    def plan_turns(row, contestants)
      return if @turns.key?(row)

      turns = @options[:turns] || row.turns
      return @turns[row] = fixed(turns, row, contestants) if turns

      estimates = contestants.to_h { |contestant| [contestant.side, contestant.estimate(row)] }.compact
      return @turns[row] = {} unless estimates.key?(:ours)

      shared = estimates.values_at(:ours, :gem).compact
      @turns[row] = estimates.to_h do |side, estimate|
        [side, turns(Library::FORMATS.include?(side) ? estimate : shared.sum / shared.size)]
      end
    end

    def fixed(turns, row, contestants)
      contestants.map(&:side).select { |side| row.side?(side) }.to_h { |side| [side, turns] }
    end

    def turns(estimate)
      [(@options[:seconds] * 1e9 / estimate).round, 1].max
    end

    def measure_memory(results)
      results.product(MEMORY_SIDES).each do |result, side|
        next unless @turns[result.row].key?(side)

        @options[:progress].call("memory: #{result.row.title}")
        # As the system has it: what is kept for speed would count.
        result.memory[side] = Contestant.start(side, @dirs[side], environment: {}) do |contestant|
          contestant.memory(result.row)
        end
      end
    end
  end
end
