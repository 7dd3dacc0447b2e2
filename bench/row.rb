# frozen_string_literal: true

module Bench
  # One thing that is measured, by several sides: this gem, the C gem, the floor, other formats.
  #
  # A builder, called in the process of its side, gives a lambda that does the operation n times, and the result of
  # one operation; or nil where the side cannot do it. The loop is a bare `while`, so that its own cost, which pulls
  # every ratio towards 1, stays at some ten nanoseconds.
  #
  # The results of all sides must be equal, nil excepted: a side that does less work must not win.
  class Row
    # msgpack stands for both libraries where they do the same by the same calls.
    SIDES = { ours: %i[ours msgpack], gem: %i[gem msgpack] }.freeze

    attr_reader :group, :name, :summary, :clock
    # How many operations to measure, where the time that they take is not what decides; or nil.
    attr_accessor :turns

    # @param group [Symbol] the heading under which the row is printed, and whose mean it counts for
    # @param name [String]
    # @param summary [String] for the reader of a table
    # @param clock [Symbol] :cpu, or :wall where several threads do the work
    # @param builders [Hash{Symbol => Proc}] by sides
    def initialize(group, name, summary, clock: :cpu, **builders)
      @group = group
      @name = name
      @summary = summary
      @clock = clock
      @builders = builders
    end

    def title
      "#{group} #{name}"
    end

    # @return [Boolean]
    def side?(side)
      !builder(side).nil?
    end

    # @return [Array(Proc, Object), nil] the loop and the result of one operation; nil if this side cannot do it
    def prepare(side)
      builder(side).call
    end

    # For operations of many microseconds, where one more call a turn does not matter.
    def self.repeat(&once)
      [->(n) { once.call while (n -= 1) >= 0 }, once.call]
    end

    private

    def builder(side)
      SIDES.fetch(side, [side]).filter_map { |name| @builders[name] }.first
    end
  end
end
