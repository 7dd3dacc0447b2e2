# frozen_string_literal: true

require "objspace"

# Moving what can be moved, and the ways to get there.
module Compaction
  # Each leaves the heap compacted once.
  WAYS = {
    "GC.compact" => -> { GC.compact },
    "auto_compact" => -> { GC.start }
  }.freeze

  # @return [Boolean] whether this Ruby can move objects on this system
  def self.available?
    return false unless GC.respond_to?(:compact) && GC.respond_to?(:auto_compact=)

    GC.auto_compact = GC.auto_compact
    true
  rescue NotImplementedError
    false
  end

  # Runs the block with GC.auto_compact as the way wants it.
  #
  # @param way [String] a key of WAYS
  def self.within(way)
    before = GC.auto_compact
    GC.auto_compact = way == "auto_compact"
    yield
  ensure
    GC.auto_compact = before
  end

  # @param way [String] a key of WAYS
  # @return [nil]
  def compact(way)
    @filling&.clear
    count = GC.count
    WAYS.fetch(way).call
    raise "nothing was collected" if GC.count == count

    fill
  end

  # Takes all places that are free, so that what is made from here on lies behind them, and moves when they are free
  # again: what lies in front already would stay.
  #
  # @return [nil]
  def fill
    was_disabled = GC.disable
    @filling = Array.new(GC.stat(:heap_free_slots) + 1000) { Object.new }
    nil
  ensure
    GC.enable unless was_disabled
  end

  # @param object [Object]
  # @return [String] its address as this Ruby shows it in a dump: another one when it has moved
  def address_of(object)
    ObjectSpace.dump(object)[/"address":"(\h+|0x\h+)"/, 1]
  end
end
