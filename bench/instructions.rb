# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"
require_relative "rows"

module Bench
  # Counts instructions with callgrind: other than time, they are the same on a busy machine.
  class Instructions
    class Failed < StandardError; end

    # Rows, and how often the two runs do them: what both do, start-up above all, cancels out.
    WORKLOADS = { "pack log record" => [100, 1_100], "pack API response" => [2, 102],
                  "unpack log record" => [100, 1_100], "unpack API response" => [2, 32],
                  "streaming log in 4 KiB" => [2, 52] }.freeze
    FILE = File.expand_path("instructions.json", __dir__)
    LIB = File.expand_path("../lib", __dir__)
    # Without the GC: when it runs depends on what start-up has left.
    PROGRAM = <<~RUBY
      require "msgpack-ext"
      require ARGV.fetch(0)
      work, = Bench::Rows.titled(ARGV.fetch(1)).prepare(:ours)
      GC.disable
      work.call(Integer(ARGV.fetch(2)))
    RUBY
    MARKED_PERCENT = 5.0

    Change = Struct.new(:title, :before, :now) do
      # @return [Float, nil] nil without a figure from before
      def percent
        (now - before) * 100.0 / before if before
      end

      def to_s
        return format("%-26s %12d  (new)", title, now) unless before

        mark = percent.abs > MARKED_PERCENT ? "  <== more than #{MARKED_PERCENT.round} %" : ""
        format("%-26s %12d  %+.1f %%%s", title, now, percent, mark)
      end
    end

    # @return [Hash, nil] :ruby, :instructions
    def self.recorded(file = FILE)
      JSON.parse(File.read(file), symbolize_names: true) if File.exist?(file)
    end

    # @return [Hash] as it is recorded
    def self.measure(workloads = WORKLOADS)
      counts = workloads.to_h do |title, (few, many)|
        [title.to_sym, (count(title, many) - count(title, few)) / (many - few)]
      end
      { ruby: "#{RUBY_VERSION} #{RUBY_PLATFORM}", instructions: counts }
    end

    # @return [Array<Change>]
    def self.changes(before, now)
      now.fetch(:instructions).map { |title, count| Change.new(title, before&.dig(:instructions, title), count) }
    end

    # @return [String] for people; another Ruby has other counts
    def self.report(before, now)
      lines = changes(before, now)
      rubies = [before, now].compact.map { |counts| counts[:ruby] }.uniq
      lines.unshift("Recorded with Ruby #{rubies[0]}, counted with #{rubies[1]}") if rubies.size > 1
      "#{lines.join("\n")}\n"
    end

    def self.record(now, file = FILE)
      File.write(file, "#{JSON.pretty_generate(now)}\n")
    end

    # @return [Integer] instructions of a whole process that does a row so often
    # @raise [Failed] valgrind is missing, or the program fails
    def self.count(title, turns)
      _, errors, status = Open3.capture3("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                         RbConfig.ruby, "--disable-gems", "-I", LIB, "-e", PROGRAM,
                                         File.join(__dir__, "rows"), title, turns.to_s)
      collected = errors[/Collected : (\d+)/, 1]
      raise Failed, "callgrind: #{title}: #{errors}" unless status.success? && collected

      Integer(collected)
    rescue Errno::ENOENT
      raise Failed, "valgrind is missing: bin/setup --bench"
    end
    private_class_method :count
  end
end
