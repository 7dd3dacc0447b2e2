#!/usr/bin/env ruby
# frozen_string_literal: true

# Compares this gem with another MessagePack library for Ruby, each in a process
# of its own, row by row in turn (A B, B A, A B, ...):
#
#   bench/compare.rb                    all rows, about a minute
#   bench/compare.rb unpack             the rows with a word that starts like this (--list shows them)
#   bench/compare.rb --peer DIR         against the library in DIR (its lib folder), not the system's C gem
#
# `rake compile` first. Every round starts two new processes: where a process
# happens to get its memory makes one row up to a quarter faster or slower for
# as long as it lives, so that rounds in the same two processes would agree
# with each other and be wrong together.

require "json"
require "optparse"
require "rbconfig"
require_relative "report"
require_relative "rows"

module Bench
  # The parent's end of one bench/peer.rb process.
  class PeerProcess
    attr_reader :about

    def initialize(where)
      @io = IO.popen([RbConfig.ruby, File.join(__dir__, "peer.rb"), where], "r+")
      @about = answer
    end

    def ask(order)
      @io.puts(JSON.generate(order))
      answer
    end

    def close
      @io.close
    end

    private

    def answer
      line = @io.gets
      # The peer has said on standard error what was wrong.
      abort "bench/compare.rb: a peer process ended early" unless line
      JSON.parse(line, symbolize_names: true)
    end
  end

  # Options, rounds, results.
  class Compare
    OWN_LIB = File.expand_path("../lib", __dir__)

    def initialize(argv)
      @options = { ours: OWN_LIB, peer: "system", rounds: 7, seconds: 0.1 }
      @wanted = parser.parse(argv, into: @options)
      @turns = {}
    rescue OptionParser::ParseError => e
      abort "bench/compare.rb: #{e.message}\n\n#{parser}"
    end

    # @return [Boolean] whether both libraries gave the same results everywhere
    def run
      results = chosen.map { |number, row| Result.new(row, number, [], true) }
      @options[:rounds].times { |round| run_round(round, results) }
      progress("")
      report = Report.new($stdout)
      report.peers(*@about)
      results.each { |result| report.row(result) }
      report.summary(results)
      save(results) if @options[:json]
      results.all?(&:same)
    end

    private

    def parser
      OptionParser.new do |options|
        options.banner = "Usage: bench/compare.rb [options] [words of the rows to run]"
        options.on("--peer DIR", "lib folder of the other library (default: the system's msgpack)")
        options.on("--ours DIR", "lib folder of this gem's build (default: lib), or \"system\"")
        options.on("--rounds N", Integer, "pairs of runs for each row (7)")
        options.on("--seconds S", Float, "length of one run, about (0.1)")
        options.on("--json FILE", "write all figures to FILE, too")
        options.on("--list", "print the rows and stop") { list }
      end
    end

    def list
      Rows.all.each { |row| puts format("%-15<title>s %<summary>s", title: row.title, summary: row.summary) }
      exit
    end

    # "pack" is a part of "unpack", so a word must match from the start of a word of the title.
    def chosen
      rows = Rows.all.each_with_index.select do |row, _number|
        @wanted.empty? || @wanted.any? { |word| row.title.match?(/(?<!\w)#{Regexp.escape(word)}/) }
      end
      abort "bench/compare.rb: no row matches #{@wanted.join(" ")} (see --list)" if rows.empty?
      rows.map(&:reverse)
    end

    def run_round(round, results)
      peers = %i[ours peer].map { |side| PeerProcess.new(@options[side]) }
      @about = peers.map(&:about)
      results.each do |result|
        progress("round #{round + 1} of #{@options[:rounds]}: #{result.row.title}")
        pair(round, result, peers)
      end
    ensure
      peers&.each(&:close)
    end

    # The order changes from round to round: neither peer always comes after the other.
    def pair(round, result, peers)
      order = { row: result.number, turns: turns(result.number, peers) }
      answers = (round.even? ? peers : peers.reverse).map { |peer| peer.ask(order) }
      answers.reverse! if round.odd?
      result.pairs << answers.map { |answer| answer[:ns] }
      result.same &&= answers.map { |answer| answer[:check] }.uniq.one?
    end

    # The same number for both peers and in all rounds: a turn costs more or less
    # as the garbage of earlier turns has made the heap grow, so that a peer
    # which does more turns is measured in another state.
    def turns(number, peers)
      @turns[number] ||= begin
        estimates = peers.map { |peer| peer.ask({ row: number })[:ns] }
        [(@options[:seconds] * 1e9 / (estimates.sum / 2)).round, 1].max
      end
    end

    # On a terminal only: a line that is written over and gone at the end.
    def progress(text)
      $stderr.print("\r\e[K#{text}") if $stderr.tty?
    end

    def save(results)
      ours, peer = @about
      figures = { ours: ours, peer: peer, seconds: @options[:seconds], rows: results.map(&:to_h) }
      File.write(@options[:json], "#{JSON.pretty_generate(figures)}\n")
    end
  end
end

exit Bench::Compare.new(ARGV).run if $PROGRAM_NAME == __FILE__
