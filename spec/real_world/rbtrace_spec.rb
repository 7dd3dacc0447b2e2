# frozen_string_literal: true

require_relative "application"

# rbtrace on a live process. What it reads is written by the C library that rbtrace brings into that process.
RSpec.describe "rbtrace", :real_world do
  before(:context) do
    need Application.possible?("rbtrace"), "rbtrace and bundler (bin/setup --real-world)"
    @report = Application.report("rbtrace", "rbtrace")
    need !@report.key?(:lack), @report[:lack]
  end

  let(:report) { @report }

  it "runs on this gem alone" do
    expect(report[:loaded]).to be_this_gem_alone
  end

  it "evaluates code in the process" do
    expect(report.values_at(:sum, :of_target, :same_process)).to eq(["42", "Integer", true])
    expect(report[:many]).to eq(["1", "[1, 2]", ":a", "nil", (2**70).to_s, "1.5", "\"\\xC3\\xA9\""])
    expect(report[:long]).to eq("s".*(4000).inspect)
    expect(report[:error]).to eq("#<RuntimeError: oops>")
    expect(report[:too_long]).to eq("command is too long")
  end

  it "sees the calls of a method, with an argument and an instance variable, in their order" do
    # The method is watched before rbtrace has told the process what to show of it, and the end may cut a call short.
    calls = report[:trace].lines(chomp: true)[0...-1].drop_while { |call| !call.include?("@name") }
    numbers = calls.map { |call| Integer(call[/\AWork#step\(number=(\d+), @name="w\u00f6rk"\)\z/, 1]) }
    expect(numbers.size).to be > 50
    expect(numbers).to eq((numbers.first..numbers.last).to_a)
  end

  it "leaves the process as it was" do
    expect(report[:target]).to eq("ended\n")
  end
end
