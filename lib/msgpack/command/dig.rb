# frozen_string_literal: true

require_relative "path"
require_relative "search"
require_relative "subcommand"

module MessagePack
  module Command
    # Prints what is at a path.
    #
    # @api private
    class Dig < Subcommand
      NAME = "dig"
      ARGUMENTS = "FILE PATH"
      DESCRIPTION = <<~TEXT
        Prints the value at PATH as a line of JSON, for each object of the stream that has one. The rest
        is passed over, so that the size of an object does not matter. PATH is users.1.name, or
        $["users"][1]["name"]; -1 is the last of an array, $ the object itself. A bare 1 is an index, the
        key "1" or the key 1, [1] no string, ["1"] nothing else. The status is 4 where nothing is found.
      TEXT

      private

      def options(parser)
        parser.on("--first", "stop after the first value found") { @first = true }
        parser.on("--msgpack", "print the bytes as they are instead of JSON") { @bytes = true }
        parser.on("--plain", "JSON as `to-json --plain` writes it") { @plain = true }
      end

      def call(arguments)
        if arguments.size != 2
          raise UsageError, "dig: expected FILE and PATH, got #{arguments.size} arguments " \
                            "(FILE may be -; `msgpack-ext dig --help` has examples of paths)"
        end
        @steps = Path.parse(arguments.last)
        attempt(arguments.first)
      end

      def work(source)
        search = Search.new(source, @steps)
        any = false
        while source.ahead?(1)
          next unless (found = search.call)

          any = true
          print_value(found)
          break if @first
        end
        any ? Status::FINE : Status::NOTHING_THERE
      end

      def print_value(bytes)
        return @stdout << bytes if @bytes

        @stdout << json(bytes) << "\n"
      end

      def json(bytes)
        require "json"
        require_relative "plain"
        require_relative "tagged"
        JSON.generate((@plain ? Plain : Tagged).write(MessagePack.unpack(bytes)), max_nesting: 0)
      rescue StackError
        raise Failure, "what is found is nested deeper than 500 levels, the most that JSON is written of; " \
                       "--msgpack prints it as it is"
      end
    end
  end
end
