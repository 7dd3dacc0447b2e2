#!/usr/bin/env ruby
# frozen_string_literal: true

# Compares this gem with another MessagePack library for Ruby, with what Ruby itself needs (bench/floor), and with
# other formats, each in a process of its own, row by row in turn:
#
#   bench/compare.rb                    all rows beside the C gem and the floor, about three minutes
#   bench/compare.rb unpack             the rows with a word that starts like this (--list shows them)
#   bench/compare.rb --peer DIR         against the library in DIR (its lib folder), not the system's C gem
#   bench/compare.rb --all --save       everything, to bench/results: what `rake bench` does
#   bench/compare.rb --peer DIR --save  the rows beside the newest C gem, to bench/results/newest.json
#
# `rake compile` first.

require "optparse"
require_relative "report"
require_relative "suite"

module Bench
  # The command line.
  class Compare
    QUICK = %i[gem floor].freeze

    def initialize(argv)
      @options = { rounds: 7, seconds: 0.05 }
      @words = parser.parse(argv, into: @options)
      abort "bench/compare.rb: --save takes a run of all rows, not of some" if @options[:save] && @words.any?
      missing = @options.values_at(:ours, :peer).compact.find { |dir| !File.directory?(dir) }
      abort "bench/compare.rb: no folder #{missing}" if missing
    rescue OptionParser::ParseError => e
      abort "bench/compare.rb: #{e.message}\n\n#{parser}"
    end

    # @return [Boolean] whether all sides have had the same results everywhere
    def run
      rows = Rows.named(@words)
      abort "bench/compare.rb: no row matches #{@words.join(" ")} (see --list)" if rows.empty?

      results = Results.new(measure(rows))
      Report.new(results).print(aims: @words.empty?)
      save(results) if @options[:save]
      File.write(@options[:json], "#{JSON.pretty_generate(results.figures)}\n") if @options[:json]
      results.lines.all?(&:same)
    end

    private

    def measure(rows)
      sides = @options[:all] ? Library::SIDES : QUICK
      Suite.new(rows, sides: sides, memory: @options[:all] || @options[:memory] || false,
                      progress: method(:progress), **suite_options).run
    rescue Contestant::Gone => e
      # What was wrong is above, on standard error.
      abort "bench/compare.rb: #{e.message}"
    ensure
      progress("")
    end

    def save(results)
      @options[:peer] ? results.save(names: [File.basename(Results::NEWEST)]) : results.save
    end

    def suite_options
      { ours: @options[:ours], peer: @options[:peer], rounds: @options[:rounds], seconds: @options[:seconds] }.compact
    end

    # On a terminal only: a line that is written over and gone at the end.
    def progress(text)
      $stderr.print("\r\e[K#{text}") if $stderr.tty?
    end

    def parser
      OptionParser.new do |options|
        options.banner = "Usage: bench/compare.rb [options] [words of the rows to run]"
        options.on("--peer DIR", "lib folder of the other library (default: the system's msgpack)")
        options.on("--ours DIR", "lib folder of this gem's build (default: lib), or of another library")
        options.on("--all", "JSON, Oj, CBOR and Marshal, memory and start, too")
        options.on("--memory", "memory and start, too")
        options.on("--rounds N", Integer, "pairs of runs for each row (7)")
        options.on("--seconds S", Float, "length of one run, about (0.05)")
        options.on("--save", "write the results to bench/results (with --peer: to newest.json)")
        options.on("--json FILE", "write the results to FILE")
        options.on("--list", "print the rows and stop") { list }
      end
    end

    def list
      Rows.all.each { |row| puts format("%-40s %s", row.title, row.summary) }
      exit
    end
  end
end

exit Bench::Compare.new(ARGV).run if $PROGRAM_NAME == __FILE__
