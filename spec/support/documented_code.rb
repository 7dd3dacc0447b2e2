# frozen_string_literal: true

require "json"

# The code in a document, run as a reader would: every Ruby block in a process of its own.
#
#   expression  # => value        the value's inspect is compared
#   expression  # raises Name     the error's class is compared
#   # msgpack: value              below such a line: what the C gem gives instead, or "raises Name"
#   # msgpack 1.7: value          as above, in this series of releases
#
# A block that has lines about one series, and none about another, is about that series alone: older ones can't run it.
class DocumentedCode
  REMARK = /\A(?<indent>\s*)(?<code>\S.*?)\s+# (?<kind>=>|raises) (?<expected>.+)\z/
  OF_C_GEM = /\A\s*# msgpack(?: (?<series>[\d.]+))?: (?<expected>.+)\z/

  PRELUDE = <<~RUBY
    require "json"
    def __report(number, text) = STDOUT.puts("REPORT " + JSON.generate([number, text]))
  RUBY
  # Under 0, which is no line: the native libraries that were loaded.
  LIBRARIES = <<~'RUBY'
    __native = $LOADED_FEATURES.grep(%r{/msgpack/msgpack(_ext)?\.(?!rb\z)})
    __report(0, __native.map { |path| File.basename(path, ".*") }.join(" "))
  RUBY

  # @return [Integer] where in the document its first line is
  attr_reader :line
  # @return [String]
  attr_reader :text

  # @param document [String]
  # @param language [String] what stands behind the fence
  # @return [Array<DocumentedCode>]
  def self.blocks(document, language)
    document.enum_for(:scan, /^```#{language}\n(.*?)^```$/m).map do
      match = Regexp.last_match
      new(match[1], match.pre_match.count("\n") + 2)
    end
  end

  # @param reports [String] what {#instrumented} has written
  # @return [Hash{Integer => String}] the result of each line with a remark; under 0 the native library
  def self.results(reports)
    normal(reports.lines.grep(/\AREPORT /).to_h { |line| JSON.parse(line.delete_prefix("REPORT ")) })
  end

  # Ruby 3.4 writes hashes in another way than 3.1 does.
  def self.normal(results)
    results.transform_values { |text| text.gsub(/:(\w+)\s?=>\s?/, '\1: ').gsub(/\s?=>\s?/, " => ") }
  end

  def initialize(text, line)
    @text = text
    @line = line
  end

  # @return [Hash{Integer => String}] number of each line with a remark => the result that is promised
  def promises
    found = numbered.filter_map do |number, line|
      next unless (remark = line.match(REMARK))

      [number, remark[:kind] == "raises" ? "raises #{remark[:expected]}" : remark[:expected]]
    end
    self.class.normal(found.to_h)
  end

  # @param series [String] of releases of the C gem, such as "1.7"
  # @return [Hash{Integer => String}] as {#promises}, for that library
  def promises_of_c_gem(series)
    others = remarks_of_c_gem.filter_map do |number, its_series, expected|
      [number, expected] if [nil, series].include?(its_series)
    end
    promises.merge(self.class.normal(others.to_h))
  end

  # @param series [String]
  # @return [Boolean] whether it tells what the C gem of that series does
  def about?(series)
    named = remarks_of_c_gem.filter_map { |_, its_series, _| its_series }
    text.start_with?(%(require "msgpack"\n)) && (named.empty? || named.include?(series))
  end

  # @return [String] the block as a program that writes a report of each line with a remark
  def instrumented
    lines = numbered.map do |number, line|
      remark = line.match(REMARK)
      remark ? "#{remark[:indent]}#{report(number, remark[:code])}" : line
    end
    [PRELUDE, *lines, LIBRARIES].join("\n")
  end

  private

  def numbered
    text.lines(chomp: true).each.with_index(line).map { |content, number| [number, content] }
  end

  # For each remark: the number of the line that it is about, the series if it names one, and the result.
  def remarks_of_c_gem
    lines = numbered
    lines.each_index.filter_map do |index|
      next unless (remark = lines[index].last.match(OF_C_GEM))

      about = (0...index).reverse_each.find { |above| lines[above].last.match?(REMARK) }
      [lines.fetch(about).first, remark[:series], remark[:expected]]
    end
  end

  # No block: a variable that is assigned in the line stays known below it.
  def report(number, code)
    "begin; __report(#{number}, (#{code}).inspect); " \
      "rescue Exception => __error; __report(#{number}, \"raises \#{__error.class}\"); end"
  end
end
