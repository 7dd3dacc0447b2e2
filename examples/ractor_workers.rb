# frozen_string_literal: true

# Totals of a file of packed orders by month, counted by Ractors: each unpacks its share on a core of its own.
#
#   ruby examples/ractor_workers.rb FILE [workers]      without FILE: 20,000 orders made up
#
# Read next: everyday_types.rb, whose Factory the Ractors share, and docs/performance.md.

require_relative "everyday_types"
require "etc"

Warning[:experimental] = false # Ruby calls Ractors experimental

Order = Struct.new(:day, :amount)
FACTORY = EverydayTypes.factory(32 => Order)

# Cuts a stream between two objects, some thousand of them at a time. They are passed over here, not made.
def each_share(bytes, size)
  unpacker = FACTORY.unpacker.feed(bytes)
  start = 0
  until unpacker.buffer.empty?
    size.times { unpacker.skip unless unpacker.buffer.empty? }
    yield bytes.byteslice(start...unpacker.tell)
    start = unpacker.tell
  end
end

# A Ractor that takes shares until it gets nil. Its result is packed: one String moves faster than many objects.
def start_worker
  Ractor.new(FACTORY) do |factory|
    totals = Hash.new(BigDecimal(0))
    while (bytes = Ractor.receive)
      factory.unpacker.feed(bytes).each { |order| totals[order.day - order.day.mday + 1] += order.amount }
    end
    factory.dump(totals)
  end
end

def totals_by_month(bytes, workers)
  ractors = Array.new(workers) { start_worker }
  turns = ractors.cycle
  each_share(bytes, 1_000) { |share| turns.next.send(share, move: true) }
  ractors.each { |ractor| ractor.send(nil) }
  ractors.map { |ractor| FACTORY.load(ractor.respond_to?(:value) ? ractor.value : ractor.take) } # Ruby 4.0 has no take
         .reduce { |all, more| all.merge(more) { |_month, one, other| one + other } }
end

def made_up_orders
  packer = FACTORY.packer
  20_000.times { |i| packer.write(Order.new(Date.new(2024, 1, 1) + (i % 366), BigDecimal(i) / 100)) }
  packer.to_s
end

bytes = ARGV[0] ? File.binread(ARGV[0]) : made_up_orders
totals = totals_by_month(bytes, Integer(ARGV[1] || Etc.nprocessors))
totals.sort.each { |month, total| puts "#{month.strftime("%Y-%m")} #{total.to_s("F").rjust(12)}" }
