# frozen_string_literal: true

require "socket"
require "stringio"
require "timeout"
require_relative "../../examples/msgpack_rpc"

# Slow under GC.stress, which is on as long as the thread that serves waits for input.
RSpec.describe MessagePackRPC, :slow do
  attr_reader :rpc, :server

  around do |example|
    UNIXSocket.pair do |near, far|
      @rpc = described_class.new(near)
      @server = described_class.new(far)
      server.on("add") { |one, other| one + other }
      server.on("fail") { raise ArgumentError, "not today" }
      server.on("object") { Object.new }
      serving = Thread.new { server.serve }
      Timeout.timeout(60) { example.run }
    ensure
      near.close
      serving.join
    end
  end

  it "calls, and gets results in the order of its calls" do
    expect([rpc.call("add", 1, 2), rpc.call("add", "é", "é"), rpc.call("add", [nil], [{}])]).to eq([3, "éé", [nil, {}]])
  end

  it "is asked back before it gets its answer, as deep as it takes" do
    server.on("factorial") { |n| n * rpc_of(server, n) }
    rpc.on("factorial") { |n| n * rpc_of(rpc, n) }
    expect(rpc.call("factorial", 20)).to eq(2_432_902_008_176_640_000)
  end

  def rpc_of(peer, number)
    number > 1 ? peer.call("factorial", number - 1) : 1
  end

  it "raises what the other end says when it fails, and goes on" do
    { "fail" => "not today", "nothing" => 'key not found: "nothing"',
      "object" => "undefined method `to_msgpack'" }.each do |method, message|
      expect { rpc.call(method) }.to raise_error(described_class::RemoteError, /\A#{message}/)
    end
    expect(rpc.call("add", 1, 2)).to eq(3)
  end

  it "notifies, and gets no answer" do
    told = []
    server.on("tell") { |*arguments| told << arguments }
    rpc.notify("tell", 1, "two")
    rpc.notify("unknown")
    rpc.notify("tell")
    expect(rpc.call("add", 0, 0)).to eq(0)
    expect(told).to eq([[1, "two"], []])
  end

  it "carries extended types that are registered with it" do
    [rpc, server].each do |peer|
      peer.packer.register_exttype(Rational, 7, &:to_s)
      peer.unpacker.register_exttype(7) { |_type, data| data.to_r }
    end
    expect(rpc.call("add", 1/3r, 1/6r)).to eq(1/2r)
  end

  it "keeps an answer that comes while it waits for another" do
    input = [[0, 1, "ask back", []], [1, 1, nil, "one"], [1, 2, nil, "two"]].map { |message| MessagePack.pack(message) }
    output = StringIO.new("".b)
    peer = described_class.new(StringIO.new(input.join), output)
    peer.on("ask back") { peer.call("second") }
    expect(peer.call("first")).to eq("one")
    expect(MessagePack.unpack_each(output.string).to_a)
      .to eq([[0, 1, "first", []], [0, 2, "second", []], [1, 1, nil, "two"]])
  end
end
