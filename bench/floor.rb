# frozen_string_literal: true

require "fileutils"
require "open3"
require "rbconfig"

module Bench
  # Builds the extension of bench/floor, which has the floor rows' work.
  module Floor
    SOURCES = File.expand_path("floor", __dir__)
    BUILD = File.expand_path("../tmp/bench-floor/#{RUBY_PLATFORM}-#{RUBY_VERSION}", __dir__)

    module_function

    # @return [String] the folder that it is in
    # @raise [RuntimeError] it cannot be built
    def build
      FileUtils.mkdir_p(BUILD)
      command(RbConfig.ruby, File.join(SOURCES, "extconf.rb")) unless File.exist?(File.join(BUILD, "Makefile"))
      command("make", "--silent")
      BUILD
    end

    def command(*words)
      output, status = Open3.capture2e(*words, chdir: BUILD)
      raise "bench/floor: #{words.join(" ")} failed\n#{output}" unless status.success?
    end
  end
end
