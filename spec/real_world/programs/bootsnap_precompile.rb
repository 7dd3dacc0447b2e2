# frozen_string_literal: true

# What the command `bootsnap precompile FOLDER...` does.
require_relative "report"
ENV["BOOTSNAP_CACHE_DIR"] = File.join(Dir.pwd, "cache")
require "bootsnap/cli"

Report.write(status: Bootsnap::CLI.new(["precompile", *ARGV]).run)
