# frozen_string_literal: true

require_relative "../../examples/everyday_types"
require_relative "example_programs"

# A process of its own: Ractors are experimental, and a mistake there ends the process.
RSpec.describe "examples/ractor_workers.rb", :slow do
  include ExamplePrograms

  order = Struct.new(:day, :amount)
  factory = EverydayTypes.factory(32 => order)

  # Orders of three months, in no order of time; amounts that no Float adds up right.
  let(:orders) do
    Array.new(5_321) { |i| order.new(Date.new(2024, 11, 1) + ((i * 7) % 92), BigDecimal("0.#{(i % 99) + 1}")) }
  end
  let(:file) { File.join(folder, "orders.msgpack") }
  let(:totals) do
    by_month = orders.group_by { |one| one.day.strftime("%Y-%m") }.transform_values { |list| list.sum(&:amount) }
    by_month.sort.map { |month, total| [month, total.to_s("F")] }
  end

  before { File.binwrite(file, orders.map { |one| factory.dump(one) }.join) }

  [1, 3, 8].each do |workers|
    it "adds up a file with #{workers} workers" do
      run = run_recipe("ractor_workers.rb", file, workers.to_s)
      expect(run).to be_success, run.to_s
      expect(run.stderr).to eq("")
      expect(run.stdout.lines.map(&:split)).to eq(totals)
    end
  end

  it "adds up what it makes up" do
    run = run_recipe("ractor_workers.rb")
    expect(run).to be_success, run.to_s
    months, amounts = run.stdout.lines.map(&:split).transpose
    expect(months).to eq((1..12).map { |month| format("2024-%02d", month) })
    expect(amounts.sum { |amount| BigDecimal(amount) }).to eq(19_999 * 20_000 / 2 / 100)
  end

  it "says so when the file ends within an order" do
    File.truncate(file, File.size(file) - 1)
    run = run_recipe("ractor_workers.rb", file)
    expect(run).not_to be_success
    expect(run.stderr).to include("MessagePack::UnderflowError")
  end
end
