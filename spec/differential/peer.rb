# frozen_string_literal: true

require "rbconfig"

module Differential
  # A library in a process of its own: see worker.rb for what goes through its pipes.
  class Peer
    PROGRAM = File.expand_path("worker.rb", __dir__)
    # Under Bundler, Ruby finds only what the Gemfile names, and the C gem is not in it.
    CLEAN = %w[RUBYOPT RUBYLIB BUNDLE_GEMFILE BUNDLER_VERSION].to_h { |name| [name, nil] }.freeze

    # @return [String, nil] the library's version
    attr_reader :version
    # @return [String, nil] why there is none
    attr_reader :missing

    # Starts both libraries and stops them after the block.
    #
    # @yieldparam ours [Peer]
    # @yieldparam theirs [Peer]
    def self.both
      peers = []
      peers << new(File.expand_path("../../lib", __dir__))
      peers << new
      yield(*peers)
    ensure
      peers.each(&:stop)
    end

    # @param dir [String, nil] this gem's folder; without it the C gem is meant
    def initialize(dir = nil)
      @process = IO.popen([CLEAN, RbConfig.ruby, PROGRAM, *dir], "r+b")
      hello = answer
      @version = hello[:version]
      @missing = hello[:missing]
    end

    # Asks for some cases; {#answer} has the results.
    #
    # @param kind [:objects, :bytes]
    # @param seed [Integer]
    # @param numbers [Range] of cases
    def ask(kind, seed, numbers)
      @asked = [kind, seed, numbers]
      Marshal.dump(@asked, @process)
      @process.flush
    end

    # @return [Array<Array(Integer, Array)>] for each case a checksum of what it was, and its steps
    def answer
      Marshal.load(@process) # rubocop:disable Security/MarshalLoad -- from a process started here
    rescue EOFError, ArgumentError, ::TypeError
      stop
      raise "the worker with #{version || "no library yet"} ended (#{Process.last_status}) at #{@asked.inspect}"
    end

    # Ends the process; one that is at work in the middle of a case, too.
    def stop
      return if @process.closed?

      Process.kill(:TERM, @process.pid)
      @process.close
    end
  end
end
