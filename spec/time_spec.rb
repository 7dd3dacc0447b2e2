# frozen_string_literal: true

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

  # Where they are registered they need not be called; nobody may tell the difference.
  describe "registered" do
    let(:factory) { factory_of(pack, unpack) }
    let(:called) { factory_of(->(time) { pack.call(time) }, ->(payload) { unpack.call(payload) }) }

    def factory_of(packer, unpacker, **options)
      MessagePack::Factory.new.tap do |factory|
        factory.register_type(-1, Time, packer: packer, unpacker: unpacker, **options)
      end
    end

    def both(&)
      [factory, called].map(&)
    end

    def failure(side)
      yield side
      nil
    rescue StandardError => e
      [e.class, e.message, (e.offset if e.respond_to?(:offset))]
    end

    times = [0, 1, -1, 2**32, 2**34, -(2**40), (2**63) - 1, -(2**63)].product([0, 1, 999_999_999]).map do |sec, nsec|
      Time.at(sec, nsec, :nanosecond)
    end

    it "packs and unpacks as when called" do
      packed = both { |side| side.dump(times) }
      expect(packed.first).to eq(packed.last)
      read = both { |side| side.load(packed.first) }
      expect(read.first).to eq(times).and eq(read.last)
      expect(read.first.map { |time| [time.class, time.nsec, time.utc_offset] })
        .to eq(read.last.map { |time| [time.class, time.nsec, time.utc_offset] })
    end

    it "packs moments between two nanoseconds, and those far from now, wherever they stand" do
      wide = [1, -1, 2**33, -(2**33), 2**62, (2**63) - 1, -(2**63)].product([1, 2, 10**12]).flat_map do |sec, under|
        [Time.at(sec + Rational(1, 3 * under)), Time.at(sec, Rational((3 * under) - 1, 3 * under), :nanosecond),
         Time.at(sec + 1 - Rational(1, under * (10**9)))]
      end
      wide << Time.at(Rational((2**200) + 1, 2**200)) << Time.at(Rational((2**90) - 1, 2**60))
      wide.select! { |time| time.to_i.bit_length < 64 }
      [wide, wide.each_with_index.to_h { |time, index| [index, time] }, *wide].each do |given|
        packed = both { |side| side.dump(given) }
        expect(packed.first).to eq(packed.last)
      end
      expect(factory.load(factory.dump(wide))).to eq(wide.map { |time| Time.at(time.to_i, time.nsec, :nanosecond) })
    end

    it "asks a subclass and a Time with methods of its own" do
      sub = Class.new(Time) { def tv_sec = 5 }.at(1)
      own = Time.at(1).tap { |time| time.define_singleton_method(:tv_nsec) { 7 } }
      expect(both { |side| side.load(side.dump([sub, own])) })
        .to all(eq([Time.at(5), Time.at(1, 7, :nanosecond)]))
    end

    it "says the same of what can't be packed" do
      far = [2**63, -(2**63) - 1, 2**97, 2**127, 2**200, -(2**97), -(2**200), Rational((2**128) - 5, 10**9),
             Rational(-(2**128) + 5, 10**9), (2**63) + Rational(1, 3), -(2**63) - Rational(1, 3), Rational(2**300, 7)]
      [*far.map { |seconds| Time.at(seconds) }, Time.allocate].each do |time|
        failures = [factory, called].map { |side| failure(side) { side.dump([time]) } }
        expect(failures.first).not_to be_nil
        expect(failures.first).to eq(failures.last)
      end
    end

    it "lets code that runs when a Time can't be read use the Packer" do
      packer = factory.packer(io = StringIO.new("".b))
      trace = TracePoint.new(:raise) { packer.write("between").flush }
      expect { trace.enable { packer.write(["before", Time.allocate]) } }.to raise_error(TypeError)
      packer.write("behind").flush
      expect(io.string).to match(/\A\x92\xA6before(\xA7between)+\xA6behind\z/n)
    end

    it "says the same of a malformed payload, and goes on behind it" do
      [hex("91 c7 00 ff"), hex("91 d7 ff ee 6b 28 00 00 00 00 00")].each do |bytes|
        failures = [factory, called].map { |side| failure(side) { side.load(bytes) } }
        expect(failures.first.first).to be(MessagePack::MalformedFormatError)
        expect(failures.first).to eq(failures.last)
        unpacker = factory.unpacker.feed(bytes + hex("07"))
        expect { unpacker.read }.to raise_error(MessagePack::MalformedFormatError)
        expect(unpacker.read).to eq(7)
      end
    end

    it "counts as a level" do
      nested = 500.times.inject(Time.at(0)) { |inner, _| [inner] }
      expect { factory.dump(nested) }.to raise_error(MessagePack::NestingError)
      expect(factory.load(factory.dump(nested.first)).flatten).to eq([Time.at(0)])
    end

    it "is shown as registered" do
      expect(factory.registered_types.first).to include(packer: pack, unpacker: unpack, class: Time)
    end

    it "is called where it is registered as recursive" do
      recursive = factory_of(pack, unpack, recursive: true)
      expect { recursive.load(factory.dump(Time.at(0))) }.to raise_error(TypeError)
    end

    it "serves a Packer and an Unpacker" do
      packer = MessagePack::Packer.new.tap { |made| made.register_type(-1, Time, &pack) }
      unpacker = MessagePack::Unpacker.new.tap { |made| made.register_type(-1, Time, &unpack) }
      expect(unpacker.feed(packer.write(times).to_s).read).to eq(times)
    end

    it "is read byte by byte" do
      unpacker = factory.unpacker
      read = []
      factory.dump(times).each_char { |byte| unpacker.feed_each(byte) { |object| read << object } }
      expect(read).to eq([times])
    end
  end
end
