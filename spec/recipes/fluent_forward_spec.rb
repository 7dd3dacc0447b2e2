# frozen_string_literal: true

require "json"
require "socket"
require_relative "../../examples/fluent_forward"
require_relative "example_programs"

# The reader, in fixtures/forward_reader.py, is built on Python's msgpack.
RSpec.describe FluentForward, :slow do
  include ExamplePrograms

  python = "/usr/bin/python3" # Debian's own: the one that python3-msgpack belongs to
  reader = File.expand_path("../fixtures/forward_reader.py", __dir__)
  there = File.executable?(python) && system(python, "-c", "import msgpack", out: File::NULL, err: File::NULL)

  before { need(there, "Debian's python3-msgpack (apt-get install python3-msgpack)") }

  let(:time) { Time.at(1_433_374_886, 987_654_321, :nanosecond) }
  let(:events) do
    Array.new(20) { |i| [Time.at(i, i), { "message" => "é#{"x" * 20 * i}", "n" => [i, nil, { "f" => 0.5 }] }] }
  end
  let(:shown_events) { events.map { |moment, record| [moment.to_i, moment.nsec, record] } }

  # @return [ExamplePrograms::Started, Integer] the reader and its port
  define_method(:start_reader) do |*arguments|
    program = start(python, reader, *arguments)
    [program, eventually { program.output[/\A(\d+)\n/, 1] }]
  end

  # What the reader has understood, in the order of the messages.
  def messages_of(program)
    expect(program.status).to be_success, program.output
    program.output.lines.drop(1).map { |line| JSON.parse(line) }
  end

  # Gives the block a FluentForward that is connected to a reader.
  #
  # @return [Array] what the reader has understood
  def forwarded(*arguments, **options)
    program, port = start_reader(*arguments)
    TCPSocket.open("127.0.0.1", port) { |socket| yield described_class.new(socket, **options) }
    messages_of(program)
  end

  it "sends one event in Message Mode" do
    messages = forwarded { |log| log.post("app.log", { "message" => "hello", "é" => [1.5] }, time) }
    expect(messages).to eq(
      [["app.log", "Message", [[1_433_374_886, 987_654_321, { "message" => "hello", "é" => [1.5] }]], {}]]
    )
  end

  it "takes the time that it is, where none is given" do
    before = Time.now
    (message,) = forwarded { |log| log.post("app.log", {}) }
    seconds, nanoseconds = message.dig(2, 0)
    expect(Time.at(seconds, nanoseconds, :nanosecond)).to be_between(before, Time.now)
  end

  it "sends several in Forward Mode" do
    messages = forwarded { |log| log.forward("app.log", events) }
    expect(messages).to eq([["app.log", "Forward", shown_events, { "size" => 20 }]])
  end

  it "sends several in PackedForward Mode" do
    messages = forwarded { |log| log.packed_forward("app.log", events) }
    expect(messages).to eq([["app.log", "PackedForward", shown_events, { "size" => 20 }]])
  end

  it "asks for acknowledgements, in all modes, each by a chunk of its own" do
    messages = forwarded(ack_within: 60) do |log|
      log.post("a", { "n" => 1 }, time)
      log.forward("b", events)
      log.packed_forward("c", events)
    end
    expect(messages.map { |tag, mode, list, _| [tag, mode, list.size] })
      .to eq([["a", "Message", 1], ["b", "Forward", 20], ["c", "PackedForward", 20]])
    chunks = messages.map { |message| message.last.fetch("chunk").unpack1("m0") }
    expect(chunks.uniq.map(&:bytesize)).to eq([16, 16, 16])
  end

  { "wrong" => 60, "silent" => 0.05 }.each do |answer, seconds|
    it "raises an error when the acknowledgement is #{answer}" do
      error = nil
      forwarded(answer, ack_within: seconds) do |log|
        log.post("a", {})
      rescue described_class::NotAcknowledged => e
        error = e
      end
      expect(error).to be_a(described_class::NotAcknowledged)
    end
  end

  it "forwards the lines of its input, as a program" do
    program, port = start_reader
    run = run_recipe("fluent_forward.rb", "app.log", port, stdin: "first\nsecond é\n")
    expect(run).to be_success, run.to_s
    expect(run.stderr).to eq("")
    expect(messages_of(program).map { |tag, _, ((_, _, record)), _| [tag, record] })
      .to eq([["app.log", { "message" => "first" }], ["app.log", { "message" => "second é" }]])
  end
end
