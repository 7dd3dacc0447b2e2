# frozen_string_literal: true

require "open3"
require "rbconfig"
require_relative "result"

module Bench
  # What a program pays for loading the library, and the room that the library takes.
  class Start
    PROGRAM = <<~'RUBY'
      clock = Process::CLOCK_PROCESS_CPUTIME_ID
      resident = -> { File.exist?("/proc/self/status") ? Integer(File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1]) : 0 }
      before = resident.call
      start = Process.clock_gettime(clock)
      require ARGV.fetch(0)
      spent = Process.clock_gettime(clock) - start
      native = $LOADED_FEATURES.grep(%r{/msgpack/msgpack(?:_ext)?\.\w+\z}).reject { |path| path.end_with?(".rb") }
      puts [spent * 1e6, resident.call - before, File.size(native.fetch(0))].join(" ")
    RUBY
    PACKAGES = File.expand_path("../pkg/msgpack-ext-*.gem", __dir__)

    # @param dirs [Hash{Symbol => String, nil}] lib folders of :ours and :gem
    def initialize(dirs, times: 9)
      @dirs = dirs
      @times = times
    end

    # @return [Hash{Symbol => Hash}] by sides: require_us (CPU time), require_kib, native_bytes; gem_bytes of this gem,
    #   if it is built
    def measure
      runs = Array.new(@times) { { ours: run(:ours, "msgpack-ext"), gem: run(:gem, "msgpack") } }
      figures = %i[ours gem].to_h { |side| [side, summary(runs.filter_map { |round| round[side] })] }
      package = Dir[PACKAGES].max_by { |path| File.mtime(path) }
      figures[:ours][:gem_bytes] = File.size(package) if package
      figures.reject { |_, figure| figure.empty? }
    end

    private

    def run(side, feature)
      path = @dirs[side] ? ["-I", @dirs[side]] : []
      output, status = Open3.capture2(RbConfig.ruby, *path, "-e", PROGRAM, feature, err: File::NULL)
      output.split.map { |number| Float(number) } if status.success?
    end

    def summary(runs)
      return {} if runs.empty?

      us, kib, bytes = runs.transpose.map { |figures| Result.median(figures).round }
      { require_us: us, require_kib: kib, native_bytes: bytes }
    end
  end
end
