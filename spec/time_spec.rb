# frozen_string_literal: true

require_relative "spec_helper"

RSpec.describe MessagePack::Time do
  let(:pack) { MessagePack::Time::Packer }
  let(:unpack) { MessagePack::Time::Unpacker }

  it "has two lambdas, which Ractors may share" do
    expect([pack, unpack]).to all(be_a(Proc).and(be_lambda))
    expect([pack, unpack].map(&:arity)).to eq([1, 1])
    expect([pack, unpack]).to all(satisfy { |handler| Ractor.shareable?(handler) })
  end

  {
    Time.at(0) => "00000000",
    Time.at(1_433_374_886) => "556f90a6",
    Time.at(1, 1, :nanosecond) => "00000004 00000001",
    Time.at(1_514_862_245, 678_901_234, :nanosecond) => "a1dcd7c8 5a4af6a5",
    Time.at(2**34) => "00000000 00000004 00000000",
    Time.at(Rational(-1, 2)) => "1dcd6500 ffffffff ffffffff",
    Time.at(-(2**40), 999_999_999, :nanosecond) => "3b9ac9ff ffffff00 00000000"
  }.each do |time, digits|
    it "makes #{time.to_r} s a payload of #{hex = digits.delete(" ")}, and back, to the nanosecond" do
      expect(pack.call(time)).to eq([hex].pack("H*"))
      expect(unpack.call([hex].pack("H*"))).to be_an_instance_of(Time).and eq(time)
    end
  end

  it "cuts off what is finer than a nanosecond" do
    expect(unpack.call(pack.call(Time.at(Rational(15, 10_000_000_000))))).to eq(Time.at(0, 1, :nanosecond))
    expect(unpack.call(pack.call(Time.at(Rational(-5, 10_000_000_000)))))
      .to eq(Time.at(-1, 999_999_999, :nanosecond))
  end

  it "gives the moment in the local zone, whatever the zone it came from" do
    time = Time.new(2015, 6, 4, 1, 41, 26, "+02:00")
    moment = unpack.call(pack.call(time))
    expect(moment).to eq(time)
    expect(moment.utc_offset).to eq(Time.at(time.to_i).utc_offset)
    expect(pack.call(time.dup.utc)).to eq(pack.call(time))
  end

  it "takes anything with seconds and nanoseconds" do
    like = Struct.new(:tv_sec, :tv_nsec)
    expect(pack.call(like.new(1, 1))).to eq(hex("00000004 00000001"))
  end

  it "refuses a time beyond 64 bits" do
    expect { pack.call(Time.at(2**63)) }.to raise_error(RangeError)
    expect(unpack.call(pack.call(Time.at((2**63) - 1)))).to eq(Time.at((2**63) - 1))
  end

  it "refuses a malformed payload" do
    [hex(""), hex("000000"), hex("ee6b2800 00000000")].each do |payload|
      expect { unpack.call(payload) }.to raise_error(MessagePack::MalformedFormatError)
    end
  end

  it "serves as the handlers of an extended type" do
    packer = MessagePack::Packer.new
    packer.register_exttype(Time, 10, MessagePack::Time::Packer)
    unpacker = MessagePack::Unpacker.new
    unpacker.register_exttype(10) { |_type, data| MessagePack::Time::Unpacker.call(data) }
    times = [Time.at(1), Time.at(1, 1, :nanosecond), Time.at(-1, 1, :nanosecond)]
    expect(unpacker.feed(packer.write(times).to_s).read).to eq(times)
  end
end
