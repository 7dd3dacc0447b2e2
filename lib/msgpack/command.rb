# frozen_string_literal: true

require "optparse"
require_relative "../msgpack"
require_relative "command/failure"
require_relative "command/subcommand"

module MessagePack
  # The program `msgpack-ext`, which is described in docs/command.md. Nothing but exe/msgpack-ext loads it.
  #
  # What is read passes one of two ways. `to-json` and `from-json` build objects, by Unpacker and Packer. `inspect`,
  # `stats` and `dig` read headers only ({Headers}, {Walk}), so that the size of an object does not matter to them.
  #
  # @api private
  module Command
    # In the order in which the help shows them. The file of each is loaded when it is wanted.
    SUBCOMMANDS = {
      "inspect" => [:Inspect, "show a stream as a tree: offset, byte, type, length, value"],
      "to-json" => [:ToJson, "convert a stream to JSON, an object a line"],
      "from-json" => [:FromJson, "convert JSON values to a stream"],
      "stats" => [:Stats, "count types, sizes and levels, and tell what JSON would take"],
      "dig" => [:Dig, "print what is at a path of each object"]
    }.freeze

    class << self
      # Runs the program.
      #
      # @param argv [Array<String>] the command line
      # @return [Integer] the exit status, one of {Status}
      def run(argv, stdin: $stdin, stdout: $stdout, stderr: $stderr)
        # As bytes: OptionParser raises an ArgumentError at a file name that is not valid in the locale.
        status = dispatch(argv.map(&:b), stdin, stdout, stderr)
        stdout.flush
        status
      rescue Errno::EPIPE
        abandon(stdout)
        Status::FINE
      rescue Interrupt
        Status::INTERRUPTED
      rescue Failure, OptionParser::ParseError => e
        complain(stderr, e.message)
        e.is_a?(Failure) ? e.status : Status::USAGE
      rescue SystemCallError, IOError => e
        abandon(stdout)
        complain(stderr, "the output can't be written: #{e.message}")
        Status::FILE
      end

      # @param name [String] of a subcommand
      # @return [Class]
      def subcommand(name)
        constant, = SUBCOMMANDS.fetch(name) do
          raise UsageError, "there is no command #{name.inspect}; there are #{SUBCOMMANDS.keys.join(", ")} " \
                            "(`msgpack-ext --help` describes them)"
        end
        require_relative "command/#{name.tr("-", "_")}"
        const_get(constant)
      end

      private

      def dispatch(argv, stdin, stdout, stderr)
        # As soon as the name of a subcommand comes, the options are its own.
        parser = global_parser
        request = catch(:answer) { parser.order!(argv) && nil }
        return stdout.puts(request) || Status::FINE if request

        name = argv.shift or raise UsageError, "no command is given\n#{parser.help}"
        subcommand(name).new(stdin, stdout, stderr).run(argv)
      end

      def global_parser
        OptionParser.new do |o|
          o.banner = "Usage: msgpack-ext COMMAND [OPTIONS] [FILE...]"
          o.separator "\nCommands:"
          SUBCOMMANDS.each { |name, (_, summary)| o.separator format("    %-10s %s", name, summary) }
          o.separator "\n`msgpack-ext COMMAND --help` tells the options of each. FILE may be -, the standard input.\n\n"
          o.on("-h", "--help", "print this help") { throw :answer, o.help }
          o.on("--version", "print the version") { throw :answer, "msgpack-ext #{VERSION}" }
        end
      end

      # Drops what is buffered, which Ruby would try to write once more when the process ends. `reopen` itself begins
      # with such a try.
      def abandon(stdout)
        stdout.reopen(File::NULL, "w") if stdout.instance_of?(IO)
      rescue SystemCallError, IOError
        nil
      end

      def complain(stderr, message)
        stderr.puts "msgpack-ext: #{message}"
      end
    end
  end
end
