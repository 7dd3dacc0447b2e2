# frozen_string_literal: true

# GC_STRESS=1 runs the examples tagged :gc_stress, and only those, with a garbage collection at every allocation inside
# the library's own methods, the handlers and blocks that they call included. The examples compare contents: an object
# that nothing marks is overwritten long before anything crashes.
#
# Outside of these methods the stress is off. RSpec allocates a hundred times more than the library does, and collecting
# all its objects takes milliseconds: hours in all, to find the same, for what is lost between two calls is collected at
# the beginning of the second. For the same reason an example's first calls get full collections, later ones mostly
# those of young objects, which find nearly all.
module GCStress
  FULL = true
  YOUNG = 1
  FIRST = 4
  EVERY = 8

  class << self
    def start
      @calls = 0
    end

    def stop
      @calls = nil
      GC.stress = false
    end

    # The mode for the next call.
    def mode
      return false unless @calls

      @calls += 1
      @calls <= FIRST || (@calls % EVERY).zero? ? FULL : YOUNG
    end

    # @param owner [Module] whose methods, private ones included, run under stress from now on
    def wrap(owner)
      public_names = owner.public_instance_methods(false)
      private_names = owner.private_instance_methods(false)
      owner.prepend(Module.new do
        (public_names + private_names).each { |name| GCStress.define(self, name) }
        private_names.each { |name| private(name) }
      end)
    end

    def define(wrapper, name)
      wrapper.define_method(name) do |*args, &block|
        before = GC.stress
        GC.stress = before || GCStress.mode
        super(*args, &block)
      ensure
        GC.stress = before
      end
      wrapper.send(:ruby2_keywords, name)
    end
  end
end

if ENV["GC_STRESS"].to_s.match?(/\A[1-9]/)
  [MessagePack, MessagePack::Packer, MessagePack::Unpacker, MessagePack::Buffer, MessagePack::ExtType,
   MessagePack::Factory, MessagePack::Factory::Pool].each do |owner|
    GCStress.wrap(owner)
    GCStress.wrap(owner.singleton_class)
  end

  RSpec.configure do |config|
    config.filter_run_including :gc_stress

    # Not around hooks: what an example's own around hooks do to prepare and to restore is not the point.
    config.before(:each, :gc_stress) { GCStress.start }
    config.after(:each, :gc_stress) { GCStress.stop }
  end
end
