# frozen_string_literal: true

# The demo proper; bin/demo calls it.
#
#   ruby examples/demo/main.rb            builds and installs the gem first, if need be
#   ruby examples/demo/main.rb --lib lib  uses a compiled checkout as it is

require "json"
require "optparse"
require_relative "install"
require_relative "library"
require_relative "progress"
require_relative "records"
require_relative "stream"
require_relative "types"

module Demo
  # Sources, packing, the way through TCP, and the tables.
  class Main
    NEXT = <<~TEXT
      What to read next
        README.md                      how to use the gem, in five minutes
        examples/extended_types.rb     classes of your own as extended types
        examples/streaming_server.rb   and streaming_client.rb: byte by byte over TCP
        docs/architecture.md           how it is built
        bin/test                       sets up and runs all tests
        bench/compare.rb               speed beside the C gem (after `rake compile`)
    TEXT

    def initialize(argv)
      @options = { dpkg: Records::DPKG_STATUS }
      OptionParser.new do |options|
        options.banner = "Usage: bin/demo [options]"
        options.on("--lib DIR", "use the compiled gem in DIR; build and install nothing")
        options.on("--dpkg FILE", "another package database (#{Records::DPKG_STATUS})")
      end.parse!(argv, into: @options)
      @progress = Progress.new
    rescue OptionParser::ParseError => e
      abort "demo: #{e.message}"
    end

    # @return [Boolean] whether every record came back as it was
    def run
      # Before the private gem home is in use: these are the machine's gems, not ours.
      sources = Records.all(dpkg_status: @options[:dpkg])
      where = locate
      puts "library: #{Library.load(where)}", ""
      print_sizes(sources)
      records = sources.values.flatten(1)
      same = print_speeds(records, where)
      print_types(records)
      puts NEXT
      same
    rescue Install::Failed => e
      abort "demo: #{e.message}"
    end

    private

    def locate
      return "lib:#{File.realpath(@options[:lib])}" if @options[:lib]

      install = Install.new(@progress)
      install.run
      "gem:#{install.home}"
    end

    def print_sizes(sources)
      puts format("%-18s %9s %12s %12s %7s", "source", "records", "JSON bytes", "MessagePack", "size")
      sources.each do |name, records|
        next puts(format("%-18s %9s", name, "not here")) if records.empty?

        json = records.sum { |record| JSON.generate(record).bytesize }
        packed = pack(records).bytesize
        puts format("%-18s %9d %12d %12d %6.1f%%", name, records.size, json, packed, 100.0 * packed / json)
      end
      puts
    end

    def print_speeds(records, where)
      stream = Stream.new(where, @progress)
      puts format("%-50s %12s %12s", "", "records/s", "objects/s")
      bytes = timed("packed", records) { pack(records) }
      back = timed("unpacked", records) { unpack(bytes) }
      over_tcp = stream.exchange(records)
      print_speed("there and back over TCP, #{Stream::WRITE_BYTES} bytes at a time", records, stream.seconds)
      puts "", "The server, a process of its own, saw #{stream.server_report}."
      puts compared(records, back, over_tcp), ""
      back == records && over_tcp == records
    end

    def timed(what, records)
      start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      result = yield
      print_speed(what, records, Process.clock_gettime(Process::CLOCK_MONOTONIC) - start)
      result
    end

    def print_speed(what, records, seconds)
      @objects ||= records.sum { |record| objects_in(record) }
      puts format("%-50s %12d %12d", what, records.size / seconds, @objects / seconds)
    end

    # As the format counts: a map's keys are objects, too.
    def objects_in(value)
      case value
      when Array then 1 + value.sum { |item| objects_in(item) }
      when Hash then 1 + value.sum { |key, item| objects_in(key) + objects_in(item) }
      else 1
      end
    end

    def compared(records, *results)
      equal = records.each_index.count { |index| results.all? { |result| result[index] == records[index] } }
      "#{equal} of #{records.size} records came back equal#{equal == records.size ? "." : ": THAT IS A BUG."}"
    end

    # One Version and one Time of the records, and what became of their classes.
    def print_types(records)
      gem_record = records.reverse_each.find { |record| record["version"].is_a?(Gem::Version) } or return
      puts "Extended types: version and date of the gem #{gem_record["name"]}"
      gem_record.values_at("version", "date").each do |value|
        bytes = pack([value])
        back = unpack(bytes).first
        puts format("  %-24s %-48s %s %s", value, bytes.unpack1("H*").scan(/../).join(" "), back.class,
                    back == value ? "equal" : "DIFFERENT")
      end
      puts "  (as JSON both would have come back as Strings)", ""
    end

    def pack(records)
      packer = Types.packer
      records.each { |record| packer.write(record) }
      packer.to_s
    end

    def unpack(bytes)
      [].tap { |back| Types.unpacker.feed_each(bytes) { |record| back << record } }
    end
  end
end

exit Demo::Main.new(ARGV).run if $PROGRAM_NAME == __FILE__
