# frozen_string_literal: true

require "tempfile"
require_relative "fuzzing/run"

# Random programs, a part with a seed that is always the same and a part with a fresh one, see fuzz.rb. What is found is
# told with its seed.
RSpec.describe "Random programs", :slow do
  def run(seed, programs, **options)
    Fuzzing::Run.new(seed, programs, **options).run
  end

  { "a fixed seed" => 20_150_604, "a fresh seed" => Random.new_seed % (2**40) }.each do |kind, seed|
    it "do what they are to do, 4,000 from #{kind} on" do
      RSpec.configuration.reporter.message("Fuzzing from seed #{seed} on")
      result = run(seed, 4_000)
      expect(result.findings).to(be_empty, -> { result.to_s })
      expect(result.executions).to eq(4_000)
    end
  end

  # Faults put into the library on purpose, in the process of the programs.
  describe "find" do
    def with_fault(code)
      Tempfile.create(["fault", ".rb"]) do |file|
        file.write(code)
        file.close
        yield [file.path]
      end
    end

    def found_with(code, programs: 500)
      with_fault(code) { |planted| run(1, programs, planted: planted) }.findings.values.join("\n")
    end

    it "a skip that takes a byte too many" do
      expect(found_with(<<~RUBY)).to match(/tell: \d+, expected \d+/)
        MessagePack::Unpacker.prepend(Module.new { def skip = super.tap { buffer.read(1) if (tell % 7) == 3 } })
      RUBY
    end

    it "a piece of input of which a byte is doubled" do
      expect(found_with(<<~RUBY)).to include("Reading", "expected")
        MessagePack::Unpacker.prepend(Module.new { def feed(s) = super(s.bytesize == 7 ? s + s[-1] : s) })
      RUBY
    end

    it "a failed write that leaves a byte behind" do
      expect(found_with(<<~RUBY)).to include("Packing: all bytes")
        MessagePack::Packer.prepend(Module.new do
          def write(object)
            super
          rescue NoMethodError
            buffer << "\\xc0"
            raise
          end
        end)
      RUBY
    end

    it "a byte that is lost when an io raises" do
      expect(found_with(<<~RUBY)).to include("Packing: all bytes")
        MessagePack::Packer.prepend(Module.new do
          def flush
            super
          rescue IOError
            buffer.read(1)
            raise
          end
        end)
      RUBY
    end

    it "a handler that may read the Unpacker which calls it" do
      expect(found_with(<<~RUBY)).to include("read within a handler gave nil")
        MessagePack::Unpacker.prepend(Module.new do
          def read
            super
          rescue RuntimeError => e
            raise unless e.instance_of?(RuntimeError)
          end
        end)
      RUBY
    end

    it "an error that names the wrong place" do
      expect(found_with(<<~RUBY)).to match(/UnderflowError \d+", expected "!MessagePack::UnderflowError \d+"/)
        MessagePack::UnderflowError.prepend(Module.new { def offset = super&.succ })
      RUBY
    end

    it "a reset that leaves something" do
      expect(found_with(<<~RUBY)).to include("Interference: ")
        MessagePack::Unpacker.prepend(Module.new { def reset = super.tap { feed("\\x01") } })
      RUBY
    end

    it "keys that are mixed up" do
      expect(found_with(<<~RUBY)).to include("Reading: ")
        MessagePack::Unpacker.prepend(Module.new do
          def read = super.then { |made| made.is_a?(Hash) && !made.frozen? ? made.transform_keys("id" => "key") : made }
        end)
      RUBY
    end

    # What the third program of each process does.
    def third_program(code)
      "programs = 0\n" \
        "Fuzzing::Program.prepend(Module.new { define_method(:run) { (programs += 1) == 3 ? #{code} : super() } })"
    end

    it "a crash, whose seed they tell, and go on behind it" do
      with_fault(third_program("Process.kill(:KILL, Process.pid)")) do |planted|
        result = run(11, 7, planted: planted)
        expect(result.findings.keys).to eq([13, 16])
        expect(result.findings.values).to all(include("SIGKILL"))
        expect(result.executions).to eq(7)
        expect(result.to_s).to include("2 findings", "--seed 13 --programs 1")
      end
    end

    it "a program without an end" do
      with_fault(third_program("sleep")) do |planted|
        expect(run(11, 4, planted: planted, patience: 3).findings).to eq(13 => "no end within 3 s")
      end
    end
  end
end
