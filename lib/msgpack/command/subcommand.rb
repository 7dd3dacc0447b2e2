# frozen_string_literal: true

require_relative "failure"
require_relative "progress"
require_relative "source"

module MessagePack
  module Command
    # What the subcommands share: parsing of options, inputs one after another, messages about them.
    #
    # A subclass has the constants NAME, ARGUMENTS and DESCRIPTION, and the methods `options`, which adds its
    # own to an OptionParser, and `work`, which does the job for one {Source}.
    #
    # @api private
    class Subcommand
      def initialize(stdin, stdout, stderr)
        @stdin = stdin
        @stdout = stdout
        @stderr = stderr
        @stdout.binmode
      end

      # @param argv [Array<String>] options and arguments
      # @return [Integer] the exit status
      def run(argv)
        help = catch(:help) { parser.permute!(argv) && nil }
        return call(argv) unless help

        @stdout.puts(help)
        Status::FINE
      rescue OptionParser::ParseError => e
        raise UsageError, "#{self.class::NAME}: #{e.message} (`msgpack-ext #{self.class::NAME} --help` tells the " \
                          "options; what begins with a hyphen and is none goes behind --)"
      end

      private

      # @return [Integer] the exit status: the greatest of those of all inputs
      def call(names)
        names = ["-"] if names.empty?
        names.map { |name| attempt(name, heading: names.size > 1) }.max
      end

      def parser
        OptionParser.new do |o|
          o.banner = "Usage: msgpack-ext #{self.class::NAME} [OPTIONS] #{self.class::ARGUMENTS}"
          o.separator "\n#{self.class::DESCRIPTION}\nOptions:"
          options(o)
          o.on("-h", "--help", "print this help") { throw :help, o.help }
        end
      end

      # A fault of one input is told, and the next one has its turn.
      def attempt(name, heading: false)
        open_source(name) do |source|
          head(name) if heading
          work(source)
        ensure
          source.progress.finish
        end
      rescue Failure => e
        @stdout.flush
        @stderr.puts "msgpack-ext: #{title(name)}: #{e.message}"
        e.status
      end

      def head(_name) = nil

      def title(name) = name == "-" ? "standard input" : name.dup.force_encoding(Encoding::UTF_8).scrub

      def open_source(name)
        return yield source_of(@stdin) if name == "-"

        file = begin
          File.open(name, "rb")
        rescue SystemCallError => e
          raise FileError, "it can't be opened: #{e.class.new.message}; give the name of a file, or - for the " \
                           "standard input"
        end
        begin
          yield source_of(file)
        ensure
          file.close
        end
      end

      def source_of(io)
        size = io.is_a?(IO) && io.stat.file? ? io.stat.size : nil
        Source.new(io, Progress.new(@stderr, size, shown: @stderr.tty? && (quiet? || !@stdout.tty?)))
      end

      # Whether it prints nothing before its end, so that a line about the progress is in nobody's way.
      def quiet? = false
    end
  end
end
