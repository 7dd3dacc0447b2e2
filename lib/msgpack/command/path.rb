# frozen_string_literal: true

require "strscan"
require_relative "failure"

module MessagePack
  module Command
    # A path as the command line has it: `users.1.owner`, or as this gem's own messages write it,
    # `$["users"][1][:owner]`.
    #
    # @api private
    module Path
      # Each step costs a few of Ruby's stack frames.
      MAX_STEPS = 1_000

      # One step: a key (its bytes), a number, or, for a bare 1 in `users.1`, both.
      Step = Struct.new(:key, :number)

      class << self
        # @param text [String] binary
        # @return [Array<Step>]
        # @raise [UsageError]
        def parse(text)
          scanner = StringScanner.new(text)
          scanner.skip(/\$/)
          steps = []
          steps << (step(scanner, first: steps.empty?) || refuse(text, scanner)) until scanner.eos?
          return steps if steps.size <= MAX_STEPS

          raise UsageError, "dig: the path has #{steps.size} steps, #{MAX_STEPS} are the most"
        end

        private

        def step(scanner, first:)
          if scanner.skip(/\[(-?\d+)\]/) then Step.new(nil, scanner[1].to_i)
          elsif scanner.skip(/\["((?:[^"\\]|\\.)*)"\]/m) then Step.new(scanner[1].gsub(/\\(["\\])/, "\\1"))
          elsif scanner.skip(/\[:([^\]]+)\]/) then Step.new(scanner[1])
          elsif scanner.skip(first ? /\.?([^.\[\]]+)/ : /\.([^.\[\]]+)/)
            name = scanner[1]
            Step.new(name, name.match?(/\A-?\d+\z/) ? name.to_i : nil)
          end
        end

        def refuse(text, scanner)
          path, rest = [text, scanner.rest].map { |bytes| bytes.dup.force_encoding(Encoding::UTF_8).inspect }
          raise UsageError, "dig: the path #{path} is not understood from #{rest} on; " \
                            "steps are .name, [1], [\"any key\"], as in users.1.name or $[\"users\"][1][\"name\"]"
        end
      end
    end
  end
end
