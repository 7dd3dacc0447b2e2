# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "and hostile input" do
  subject(:unpacker) { described_class.new }

  let(:too_deep) { raise_error(MessagePack::StackError) }

  # @return [Integer] how many containers of one element stand around the innermost
  def depth_of(object)
    depth = 0
    while object.is_a?(Array) || object.is_a?(Hash)
      depth += 1
      object = object.is_a?(Hash) ? object.values.first : object.first
    end
    depth
  end

  describe "nesting" do
    it "of 500 passes, in arrays, maps and both" do
      expect(depth_of(unpacker.feed(nested_arrays(500)).read)).to eq(500)
      expect(depth_of(unpacker.feed((hex("81 01") * 500) + hex("c0")).read)).to eq(500)
      expect(depth_of(unpacker.feed((hex("91 81 01") * 250) + hex("c0")).read)).to eq(500)
      expect(depth_of(unpacker.feed(nested_arrays(499, hex("90"))).read)).to eq(500)
    end

    it "of 501 is a StackError, an UnpackError", :aggregate_failures do
      deep = [nested_arrays(501), nested_arrays(500, hex("90")), nested_arrays(500, hex("80")),
              (hex("81 01") * 501) + hex("c0"), hex("81") * 501, (hex("91 81 01") * 251) + hex("c0")]
      deep.each do |message|
        error = error_of { described_class.new.feed(message).read }
        expect(error).to be_a(MessagePack::StackError).and be_a(MessagePack::UnpackError)
        expect { MessagePack.unpack(message) }.to too_deep
        expect { described_class.new.feed(message).skip }.to too_deep
        expect { described_class.new.feed(message).full_unpack }.to too_deep
        expect { described_class.new.feed(message).each {} }.to too_deep
      end
    end

    it "counts what is open, not what was" do
      expect(unpacker.feed(bytes(0xdc, [1000].pack("n"), hex("91 91 90") * 1000)).read.size).to eq(1000)
      expect(unpacker.feed(nested_arrays(498, hex("92 91 c0 91 c0"))).read.flatten).to eq([nil, nil])
    end

    it "counts anew after an error" do
      unpacker.feed(nested_arrays(501) + nested_arrays(500) + hex("07"))

      expect { unpacker.read }.to too_deep
      expect(depth_of(unpacker.read)).to eq(500)
      expect(unpacker.read).to eq(7)
    end

    it "counts across pieces of input" do
      500.times do
        unpacker.feed(hex("91"))
        expect_underflow { unpacker.read }
      end
      unpacker.feed(hex("91"))

      expect { unpacker.read }.to too_deep
    end

    it "is refused and skipped when it is two million deep" do
      unpacker.feed(nested_arrays(2_000_000) + hex("07"))

      expect { unpacker.read }.to too_deep
      expect(unpacker.read).to eq(7)
    end

    # A crash of the native stack would end this process: these run in one of their own.
    {
      "the main thread" => "attempt.call",
      "a Thread" => "Thread.new(&attempt).join",
      "a Fiber" => "Fiber.new(&attempt).resume",
      "a Fiber in a Thread" => "Thread.new { Fiber.new(&attempt).resume }.join"
    }.each do |place, code|
      it "is refused two million deep in #{place}, whatever is called" do
        run = in_subprocess(<<~RUBY)
          require "msgpack-ext"
          arrays = "\\x91".b * 2_000_000
          maps = "\\x81\\x01".b * 1_000_000
          keys = "\\x81".b * 2_000_000
          attempt = proc do
            [arrays, maps, keys].each do |message|
              calls = [-> { MessagePack.unpack(message) }, -> { MessagePack::Unpacker.new.feed(message).read },
                       -> { MessagePack::Unpacker.new.feed(message).skip }, -> { MessagePack::Unpacker.new.feed(message).to_a },
                       -> { MessagePack.unpack(StringIO.new(message)) }]
              calls.each do |call|
                call.call
              rescue MessagePack::StackError => e
                puts e.class
              end
            end
          end
          require "stringio"
          #{code}
        RUBY

        expect(run).to be_success, run.to_s
        expect(run.stdout.lines.map(&:chomp)).to eq(["MessagePack::StackError"] * 15)
      end
    end

    it "of 500 passes in a Fiber" do
      message = nested_arrays(500)

      expect(depth_of(Fiber.new { MessagePack.unpack(message) }.resume)).to eq(500)
    end

    it "may be a key in a Fiber, as far as Ruby itself can hash it, and never crashes" do
      run = in_subprocess(<<~RUBY)
        require "msgpack-ext"
        # Of Ruby's own Hash#hash a Fiber's stack does not hold 498 levels: then the error is Ruby's.
        arrays = "\\x81".b + ("\\x91".b * 498) + "\\xC0\\x01".b
        maps = "\\x81".b + ("\\x81\\x01".b * 498) + "\\xC0\\x01".b
        keys = ("\\x81".b * 499) + "\\xC0".b + ("\\x01".b * 499)
        [arrays, maps, keys].each do |message|
          Fiber.new do
            unpacker = MessagePack::Unpacker.new.feed(message + "\\x07".b)
            begin
              puts unpacker.read.class
            rescue MessagePack::StackError, SystemStackError
              puts "refused"
            end
            puts unpacker.read
          end.resume
        end
      RUBY

      expect(run).to be_success, run.to_s
      expect(run.stdout.lines.map(&:chomp).each_slice(2).to_a)
        .to match([%w[Hash 7], [/\A(Hash|refused)\z/, "7"], [/\A(Hash|refused)\z/, "7"]])
    end
  end

  describe "headers that announce 4 GiB" do
    let(:bombs) do
      { "array 32" => "dd ff ff ff ff 01 02", "map 32" => "df ff ff ff ff 01 02 03", "str 32" => "db ff ff ff ff 61 62",
        "bin 32" => "c6 ff ff ff ff 61 62", "ext 32" => "c9 ff ff ff ff 05 61 62",
        "a nest of them" => "dd ff ff ff ff " * 499, "map in key" => "df ff ff ff ff " * 499,
        "a str key" => "df ff ff ff ff db ff ff ff ff 61" }
    end

    it "are UnderflowErrors, and wait for more", :aggregate_failures do
      bombs.each_value do |digits|
        %i[read skip].each do |call|
          unpacker = unpacker_of(digits)
          2.times { expect_underflow { unpacker.public_send(call) } }
          expect_underflow { unpacker.feed(hex("01")).public_send(call) }
        end
        expect_underflow { MessagePack.unpack(hex(digits)) }
        expect_underflow { MessagePack.unpack(StringIO.new(hex(digits))) }
      end
    end

    it "reserve next to nothing" do
      run = in_subprocess(<<~RUBY, *bombs.values)
        require "msgpack-ext"
        begin # where the system knows such a limit: a reservation of 4 GiB fails, used or not
          Process.setrlimit(Process::RLIMIT_AS, 2 << 30)
        rescue NotImplementedError, SystemCallError
          warn "no limit of the address space here"
        end
        peak = -> { File.exist?("/proc/self/status") ? File.read("/proc/self/status")[/VmHWM:\\s+(\\d+)/, 1].to_i : 0 }
        GC.start
        before = peak.call
        ARGV.each do |digits|
          message = [digits.delete(" ")].pack("H*")
          attempts = [-> { MessagePack.unpack(message) }, -> { MessagePack::Unpacker.new.feed(message).read },
                      -> { MessagePack::Unpacker.new.feed(message).skip }]
          attempts.each do |attempt|
            attempt.call
          rescue MessagePack::UnderflowError
            puts "underflow"
          end
        end
        puts peak.call - before
      RUBY

      expect(run).to be_success, run.to_s
      *outcomes, kibibytes = run.stdout.lines.map(&:chomp)
      expect(outcomes).to eq(["underflow"] * (3 * bombs.size))
      expect(Integer(kibibytes)).to be < 4096
    end
  end

  it "gives an object or an error of its own for any bytes" do
    random = Random.new(20_150_604)
    outcomes = Array.new(3_000) do
      unpacker = described_class.new.feed(random.bytes(random.rand(1..60)))
      10.times { unpacker.read }
      :read
    rescue MessagePack::UnpackError, MessagePack::UnderflowError => e
      expect(e.offset).to be_between(0, 60)
      e.class
    end

    expect(outcomes.uniq).to include(MessagePack::UnderflowError, MessagePack::MalformedFormatError)
  end
end
