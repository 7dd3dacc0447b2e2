# frozen_string_literal: true

require "json"
require "spec_helper"

# The README's code, run as a reader would: every Ruby block in a process of its own.
#
#   expression  # => value     the value's inspect is compared
#   expression  # raises Name  the error's class is compared
module Readme
  ROOT = File.expand_path("..", __dir__)
  TEXT = File.read(File.join(ROOT, "README.md"), encoding: "UTF-8")
  REMARK = /\A(?<indent>\s*)(?<code>\S.*?)\s+# (?<kind>=>|raises) (?<expected>.+)\z/

  Block = Struct.new(:language, :line, :text) do
    # Lines of the README with a remark: number in the file => what is promised.
    def promises
      numbered.filter_map { |number, line| [number, promised(line.match(REMARK))] if line.match?(REMARK) }.to_h
    end

    # The block with each such line turned into one that also reports what came out.
    def instrumented
      lines = numbered.map { |number, line| line.match?(REMARK) ? report(number, line.match(REMARK)) : line }
      "#{PRELUDE}\n#{lines.join("\n")}\n"
    end

    def numbered
      text.lines(chomp: true).each.with_index(line + 1).map { |content, number| [number, content] }
    end

    private

    def promised(remark)
      remark[:kind] == "raises" ? "raises #{remark[:expected]}" : remark[:expected]
    end

    # Parentheses, not a block: a variable assigned in the line stays known below it.
    def report(number, remark)
      return "#{remark[:indent]}__raised(#{number}) { #{remark[:code]} }" if remark[:kind] == "raises"

      "#{remark[:indent]}__value(#{number}, (#{remark[:code]}))"
    end
  end

  PRELUDE = <<~RUBY
    require "json"
    def __report(number, text) = STDOUT.puts("README " + JSON.generate([number, text]))
    def __value(number, value) = __report(number, value.inspect)

    def __raised(number)
      yield
      __report(number, "raises nothing")
    rescue Exception => e
      __report(number, "raises " + e.class.name)
    end
  RUBY

  def self.blocks(language)
    TEXT.enum_for(:scan, /^```#{language}\n(.*?)^```$/m).map do
      match = Regexp.last_match
      Block.new(language, match.pre_match.count("\n") + 1, match[1])
    end
  end

  # Ruby 3.4 writes hashes in another way than 3.1 does.
  def self.same_everywhere(text)
    text.gsub(/:(\w+)\s?=>\s?/, '\1: ').gsub(/\s?=>\s?/, " => ")
  end
end

RSpec.describe "README.md" do
  it "has its code in blocks that these examples find" do
    fences = Readme::TEXT.scan(/^```(\w+)$/).flatten
    expect(fences.tally).to eq("ruby" => Readme.blocks("ruby").size, "sh" => Readme.blocks("sh").size)
    expect(fences.count("ruby")).to be >= 8
  end

  Readme.blocks("ruby").each do |block|
    it "runs the block at line #{block.line} with the results it shows" do
      expect(block.text).to start_with(%(require "msgpack-ext"\n))

      outcome = in_subprocess(block.instrumented)
      reports = outcome.stdout.lines.grep(/\AREADME /).to_h { |line| JSON.parse(line.delete_prefix("README ")) }

      expect(outcome).to be_success, outcome.to_s
      expect(reports.transform_values { |text| Readme.same_everywhere(text) })
        .to eq(block.promises.transform_values { |text| Readme.same_everywhere(text) })
    end
  end

  it "names commands that exist" do
    Readme.blocks("sh").flat_map { |block| block.text.lines(chomp: true) }.each do |line|
      command = line.split.first
      found = if command.include?("/")
                File.executable?(File.join(Readme::ROOT, command))
              else
                ENV.fetch("PATH").split(File::PATH_SEPARATOR).any? { |dir| File.executable?(File.join(dir, command)) }
              end
      expect(found).to be(true), "#{command} (of #{line.inspect}) is not there"
    end
  end

  it "names files that exist" do
    linked = Readme::TEXT.scan(/\]\(([^)#:]+)\)/).flatten
    named = Readme::TEXT.scan(%r{(?<![\w/.])(?:bin|bench|docs|examples|sig|spec)/[\w./-]*\w}) + ["msgpack-ext.gemspec"]
    missing = (linked + named).uniq.reject { |path| File.exist?(File.join(Readme::ROOT, path)) }
    expect(linked).not_to be_empty
    expect(missing).to eq([])
  end

  it "installs the version that this is" do
    expect(Readme::TEXT.scan(/msgpack-ext-(\d[\d.]*\d)\.gem/).flatten.uniq).to eq([MessagePack::VERSION])
  end

  it "shows the lookup chain as the unpacker walks it" do
    steps = Readme::TEXT.scan(/^\| (\d) \| `(\S+)` \|/)
    expect(steps).to eq([["1", "unpacker.exttype(n)"], ["2", "unpacker.default_exttype"],
                         ["3", "Unpacker.exttype(n)"], ["4", "Unpacker.default_exttype"]])
  end
end
