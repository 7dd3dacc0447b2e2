# frozen_string_literal: true

# What programs require by the paths of the msgpack gem. Each run is a process of its own, in which that path is the
# first thing required.
RSpec.describe "The require paths" do
  whole = %w[msgpack msgpack-ext msgpack/bigint msgpack/buffer msgpack/core_ext msgpack/factory msgpack/packer
             msgpack/symbol msgpack/time msgpack/timestamp msgpack/unpacker]
  lib = File.expand_path("../lib", __dir__)
  dlext = RbConfig::CONFIG["DLEXT"]

  # Prints what is there, and which files named msgpack it came from that are not below lib/.
  let(:report) { <<~RUBY }
    p [MessagePack::Packer, MessagePack::Unpacker, MessagePack::Buffer, MessagePack::ExtType, MessagePack::Timestamp,
       MessagePack::Time, MessagePack::MalformedFormatError, MessagePack::VERSION].size
    p [:a, 1, nil].map { |core| core.respond_to?(:to_msgpack) }, Symbol.respond_to?(:from_msgpack_ext)
    p MessagePack.unpack([1].to_msgpack)
    p $LOADED_FEATURES.grep(/msgpack/).reject { |path| path.start_with?(#{lib.inspect}) }
    p $LOADED_FEATURES.count { |path| path.end_with?("/msgpack_ext.#{dlext}") }
  RUBY

  whole.each do |path|
    it "load the whole library: #{path}, without a warning" do
      result = in_subprocess("p require(#{path.inspect})\n#{report}", options: ["-w", "-I", lib])
      expect(result.stdout).to eq("true\n8\n[true, true, true]\ntrue\n[1]\n[]\n1\n"), result.to_s
      expect(result.stderr).to eq("")
    end
  end

  it "load it once, in whatever order" do
    result = in_subprocess(<<~RUBY, options: ["-w", "-I", lib])
      paths = #{whole.inspect}.shuffle(random: Random.new(#{RSpec.configuration.seed}))
      paths.each { |path| require path }
      #{report}
      p paths.map { |path| require path }.uniq
    RUBY
    expect(result.stdout).to end_with("[]\n1\n[false]\n"), result.to_s
    expect(result.stderr).to eq("")
  end

  it "tell the version alone by msgpack/version" do
    result = in_subprocess(<<~RUBY, options: ["-w", "-I", lib])
      require "msgpack/version"
      p MessagePack::VERSION, MessagePack.constants
      require "msgpack"
      p MessagePack.pack(1)
    RUBY
    expect(result.stdout).to eq(%("#{MessagePack::VERSION}"\n[:VERSION]\n"\\x01"\n)), result.to_s
    expect(result.stderr).to eq("")
  end

  it "give Bigint by msgpack/bigint only" do
    result = in_subprocess(<<~RUBY)
      require "msgpack"
      p defined?(MessagePack::Bigint)
      require "msgpack/bigint"
      p MessagePack::Bigint
    RUBY
    expect(result.stdout).to eq("nil\nMessagePack::Bigint\n"), result.to_s
  end

  it "refuse when the C gem is loaded, and leave it as it was" do
    need Gem::Specification.find_all_by_name("msgpack").any?, "the C gem msgpack (apt-get install ruby-msgpack)"
    result = in_subprocess(<<~RUBY, env: PackagedGem::CLEAN, options: [])
      require "msgpack"
      state = lambda do
        modules = [MessagePack, MessagePack::Timestamp, MessagePack::Time, Symbol]
        modules.map do |mod|
          methods = mod.methods(false).map { |name| mod.method(name) } +
                    mod.instance_methods(false).map { |name| mod.instance_method(name) }
          [mod.constants, methods.map { |method| [method.name, method.source_location] }]
        end
      end
      before = state.call
      #{whole.inspect}.each do |path|
        require File.join(#{lib.inspect}, path)
        puts "loaded: \#{path}"
      rescue LoadError => e
        puts "loaded half: \#{path}" unless state.call == before
        puts e.message unless e.message.include?("msgpack-ext") && e.message.include?("another")
      end
      p MessagePack.unpack(MessagePack.pack(1))
    RUBY
    expect(result.stdout).to eq("1\n"), result.to_s
    expect(result.stderr).to eq("")
  end
end
