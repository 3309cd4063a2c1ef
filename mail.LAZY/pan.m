#define rand	pan_rand
#define pthread_equal(a,b)	((a)==(b))
#if defined(HAS_CODE) && defined(VERBOSE)
	#ifdef BFS_PAR
		bfs_printf("Pr: %d Tr: %d\n", II, t->forw);
	#else
		cpu_printf("Pr: %d Tr: %d\n", II, t->forw);
	#endif
#endif
	switch (t->forw) {
	default: Uerror("bad forward move");
	case 0:	/* if without executable clauses */
		continue;
	case 1: /* generic 'goto' or 'skip' */
		IfNotBlocked
		_m = 3; goto P999;
	case 2: /* generic 'else' */
		IfNotBlocked
		if (trpt->o_pm&1) continue;
		_m = 3; goto P999;

		 /* CLAIM live */
	case 3: // STATE 1 - _spin_nvr.tmp:3 - [(!(((head%2)==1)))] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported1 = 0;
			if (verbose && !reported1)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported1 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported1 = 0;
			if (verbose && !reported1)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported1 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[4][1] = 1;
		if (!( !(((((int)now.head)%2)==1))))
			continue;
		stk_ran[3] = 1; _m = 3; goto P999; /* 0 */
	case 4: // STATE 3 - _spin_nvr.tmp:4 - [(!(((head%2)==0)))] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported3 = 0;
			if (verbose && !reported3)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported3 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported3 = 0;
			if (verbose && !reported3)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported3 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[4][3] = 1;
		if (!( !(((((int)now.head)%2)==0))))
			continue;
		stk_ran[4] = 1; _m = 3; goto P999; /* 0 */
	case 5: // STATE 10 - _spin_nvr.tmp:9 - [(!(((head%2)==1)))] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported10 = 0;
			if (verbose && !reported10)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported10 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported10 = 0;
			if (verbose && !reported10)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported10 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[4][10] = 1;
		if (!( !(((((int)now.head)%2)==1))))
			continue;
		stk_ran[5] = 1; _m = 3; goto P999; /* 0 */
	case 6: // STATE 15 - _spin_nvr.tmp:13 - [(!(((head%2)==0)))] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported15 = 0;
			if (verbose && !reported15)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported15 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported15 = 0;
			if (verbose && !reported15)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported15 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[4][15] = 1;
		if (!( !(((((int)now.head)%2)==0))))
			continue;
		stk_ran[6] = 1; _m = 3; goto P999; /* 0 */
	case 7: // STATE 20 - _spin_nvr.tmp:15 - [-end-] (0:0:0 - 1)
		
#if defined(VERI) && !defined(NP)
#if NCLAIMS>1
		{	static int reported20 = 0;
			if (verbose && !reported20)
			{	int nn = (int) ((Pclaim *)pptr(0))->_n;
				printf("depth %ld: Claim %s (%d), state %d (line %d)\n",
					depth, procname[spin_c_typ[nn]], nn, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported20 = 1;
				fflush(stdout);
		}	}
#else
		{	static int reported20 = 0;
			if (verbose && !reported20)
			{	printf("depth %d: Claim, state %d (line %d)\n",
					(int) depth, (int) ((Pclaim *)pptr(0))->_p, src_claim[ (int) ((Pclaim *)pptr(0))->_p ]);
				reported20 = 1;
				fflush(stdout);
		}	}
#endif
#endif
		reached[4][20] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[7] = 1; _m = 3; goto P999; /* 0 */

		 /* PROC host */
	case 8: // STATE 10 - /work/main/test/model/machine.pml:230 - [D_STEP230]
		if (!(boq == -1 && ((((int)now.status[ Index((((int)now.head)%2), 2) ])==3)||(((int)now.status[ Index((((int)now.head)%2), 2) ])==7))))
			continue;

		reached[3][10] = 1;
		reached[3][t->st] = 1;
		reached[3][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[8] = 1;
		S_312_0: /* 2 */
		if (!(((((int)now.status[ Index((((int)now.head)%2), 2) ])==3)||(((int)now.status[ Index((((int)now.head)%2), 2) ])==7))))
			Uerror("block in d_step seq");
S_313_0: /* 2 */
		spin_assert((((((int)now.tail)!=((int)now.head))&&((int)now.words[ Index((((int)now.head)%2), 2) ]))&&(((int)now.life[ Index((((int)now.head)%2), 2) ])==5)), "(((tail!=head)&&words[(head%2)])&&(life[(head%2)]==5))", II, tt, t);
S_317_0: /* 2 */
S_314_0: /* 2 */
		spin_assert((((int)now.owner[ Index((((int)now.head)%2), 2) ])==((int)now.head)), "(owner[(head%2)]==head)", II, tt, t);
S_315_0: /* 2 */
		now.life[ Index((now.head%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("life[(head%2)]", ((int)now.life[ Index((((int)now.head)%2), 2) ]));
#endif
		;
S_316_0: /* 2 */
		now.owner[ Index((now.head%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("owner[(head%2)]", ((int)now.owner[ Index((((int)now.head)%2), 2) ]));
#endif
		;
		goto S_318_0;
S_318_0: /* 2 */
		now.status[ Index((now.head%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("status[(head%2)]", ((int)now.status[ Index((((int)now.head)%2), 2) ]));
#endif
		;
S_319_0: /* 2 */
		now.yields[ Index((now.head%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("yields[(head%2)]", ((int)now.yields[ Index((((int)now.head)%2), 2) ]));
#endif
		;
S_320_0: /* 2 */
		now.head = ((((int)now.head)+1)%4);
#ifdef VAR_RANGES
		logval("head", ((int)now.head));
#endif
		;
		goto S_365_0;
S_365_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[8] = 1; _m = 3; goto P999;

	case 9: // STATE 12 - /work/main/test/model/mail.pml:261 - [((lost&&(running==0)))] (0:0:0 - 1)
		IfNotBlocked
		reached[3][12] = 1;
		if (!((((int)now.lost)&&(((int)now.running)==0))))
			continue;
		stk_ran[9] = 1; _m = 3; goto P999; /* 0 */
	case 10: // STATE 21 - /work/main/test/model/mail.pml:248 - [D_STEP248]
		if (!(((boq == -1 && (((int)now.status[0])==2))) || (boq == -1 /* else */)))
			continue;

		reached[3][21] = 1;
		reached[3][t->st] = 1;
		reached[3][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[10] = 1;
		S_330_0: /* 2 */
S_324_0: /* 2 */
		if (!((((int)now.status[0])==2)))
			goto S_330_1;
S_325_0: /* 2 */
		spin_assert((((int)now.life[0])==3), "(life[0]==3)", II, tt, t);
S_326_0: /* 2 */
		now.status[0] = 6;
#ifdef VAR_RANGES
		logval("status[0]", ((int)now.status[0]));
#endif
		;
S_327_0: /* 2 */
		now.life[0] = 2;
#ifdef VAR_RANGES
		logval("life[0]", ((int)now.life[0]));
#endif
		;
S_328_0: /* 2 */
		now.holder[0] = 0;
#ifdef VAR_RANGES
		logval("holder[0]", ((int)now.holder[0]));
#endif
		;
		goto S_331_0;
S_330_1: /* 3 */
S_329_0: /* 2 */
		/* else */;
		goto S_331_0;
S_330_2: /* 3 */
		Uerror("blocking sel in d_step (nr.0, near line 249)");
S_331_0: /* 2 */
		goto S_343_0;
S_343_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[10] = 1; _m = 3; goto P999;

	case 11: // STATE 31 - /work/main/test/model/mail.pml:248 - [D_STEP248]
		if (!(((boq == -1 && (((int)now.status[1])==2))) || (boq == -1 /* else */)))
			continue;

		reached[3][31] = 1;
		reached[3][t->st] = 1;
		reached[3][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[11] = 1;
		S_340_0: /* 2 */
S_334_0: /* 2 */
		if (!((((int)now.status[1])==2)))
			goto S_340_1;
S_335_0: /* 2 */
		spin_assert((((int)now.life[1])==3), "(life[1]==3)", II, tt, t);
S_336_0: /* 2 */
		now.status[1] = 6;
#ifdef VAR_RANGES
		logval("status[1]", ((int)now.status[1]));
#endif
		;
S_337_0: /* 2 */
		now.life[1] = 2;
#ifdef VAR_RANGES
		logval("life[1]", ((int)now.life[1]));
#endif
		;
S_338_0: /* 2 */
		now.holder[1] = 0;
#ifdef VAR_RANGES
		logval("holder[1]", ((int)now.holder[1]));
#endif
		;
		goto S_341_0;
S_340_1: /* 3 */
S_339_0: /* 2 */
		/* else */;
		goto S_341_0;
S_340_2: /* 3 */
		Uerror("blocking sel in d_step (nr.1, near line 249)");
S_341_0: /* 2 */
		goto S_349_0;
S_349_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[11] = 1; _m = 3; goto P999;

	case 12: // STATE 38 - /work/main/test/model/mail.pml:264 - [D_STEP264]
		IfNotBlocked

		reached[3][38] = 1;
		reached[3][t->st] = 1;
		reached[3][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[12] = 1;
		S_344_0: /* 2 */
		now.left = 0;
#ifdef VAR_RANGES
		logval("left", ((int)now.left));
#endif
		;
S_345_0: /* 2 */
		now.arrived = 0;
#ifdef VAR_RANGES
		logval("arrived", ((int)now.arrived));
#endif
		;
S_346_0: /* 2 */
		now.stop = 0;
#ifdef VAR_RANGES
		logval("stop", ((int)now.stop));
#endif
		;
S_347_0: /* 2 */
		now.box[0] = 0;
#ifdef VAR_RANGES
		logval("box[0]", ((int)now.box[0]));
#endif
		;
S_348_0: /* 2 */
		now.box[ Index(((2-1)-1), 1) ] = 0;
#ifdef VAR_RANGES
		logval("box[((2-1)-1)]", ((int)now.box[ Index(((2-1)-1), 1) ]));
#endif
		;
		goto S_350_0;
S_350_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[12] = 1; _m = 3; goto P999;

	case 13: // STATE 39 - /work/main/test/model/mail.pml:265 - [lost = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[3][39] = 1;
		(trpt+1)->bup.oval = ((int)now.lost);
		now.lost = 0;
#ifdef VAR_RANGES
		logval("lost", ((int)now.lost));
#endif
		;
		stk_ran[13] = 1; _m = 3; goto P999; /* 0 */
	case 14: // STATE 52 - /work/main/test/model/mail.pml:267 - [D_STEP267]
		if (!(boq == -1 && ((( !(((int)now.lost))&&(((int)now.running)==0))&&(((int)now.tail)!=((int)now.head)))&& !(((((int)now.status[ Index((((int)now.head)%2), 2) ])==3)||(((int)now.status[ Index((((int)now.head)%2), 2) ])==7))))))
			continue;

		reached[3][52] = 1;
		reached[3][t->st] = 1;
		reached[3][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[14] = 1;
		S_351_0: /* 2 */
		if (!(((( !(((int)now.lost))&&(((int)now.running)==0))&&(((int)now.tail)!=((int)now.head)))&& !(((((int)now.status[ Index((((int)now.head)%2), 2) ])==3)||(((int)now.status[ Index((((int)now.head)%2), 2) ])==7))))))
			Uerror("block in d_step seq");
S_352_0: /* 2 */
		((P3 *)_this)->k = 1;
#ifdef VAR_RANGES
		logval("host:k", ((int)((P3 *)_this)->k));
#endif
		;
S_359_0: /* 2 */
S_358_0: /* 2 */
S_353_0: /* 2 */
		if (!((((int)((P3 *)_this)->k)<=2)))
			goto S_358_1;
S_354_0: /* 2 */
		now.inside[ Index(((P3 *)_this)->k, 3) ] = 1;
#ifdef VAR_RANGES
		logval("inside[host:k]", ((int)now.inside[ Index(((int)((P3 *)_this)->k), 3) ]));
#endif
		;
S_355_0: /* 2 */
		((P3 *)_this)->k = (((int)((P3 *)_this)->k)+1);
#ifdef VAR_RANGES
		logval("host:k", ((int)((P3 *)_this)->k));
#endif
		;
		goto S_359_0; /* ';' */
S_358_1: /* 3 */
S_356_0: /* 2 */
		/* else */;
S_357_0: /* 2 */
		goto S_361_0;	/* 'goto' */
S_358_2: /* 3 */
		Uerror("blocking sel in d_step (nr.2, near line 268)");
S_360_0: /* 2 */
		goto S_361_0;	/* 'break' */
S_361_0: /* 2 */
		now.running = 2;
#ifdef VAR_RANGES
		logval("running", ((int)now.running));
#endif
		;
S_362_0: /* 2 */
		((P3 *)_this)->k = 0;
#ifdef VAR_RANGES
		logval("host:k", ((int)((P3 *)_this)->k));
#endif
		;
		goto S_365_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[14] = 1; _m = 3; goto P999;

	case 15: // STATE 56 - /work/main/test/model/mail.pml:271 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[3][56] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[15] = 1; _m = 3; goto P999; /* 0 */

		 /* PROC device */
	case 16: // STATE 4 - /work/main/test/model/mail.pml:242 - [D_STEP242]
		if (!(boq == -1 && ((( !(((int)now.lost))&&(((int)now.running)!=0))&&((((int)now.life[0])==3)||(((int)now.life[1])==3)))&&(((int)now.losses)<1))))
			continue;

		reached[2][4] = 1;
		reached[2][t->st] = 1;
		reached[2][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[16] = 1;
		S_304_0: /* 2 */
		if (!(((( !(((int)now.lost))&&(((int)now.running)!=0))&&((((int)now.life[0])==3)||(((int)now.life[1])==3)))&&(((int)now.losses)<1))))
			Uerror("block in d_step seq");
S_305_0: /* 2 */
		now.lost = 1;
#ifdef VAR_RANGES
		logval("lost", ((int)now.lost));
#endif
		;
S_306_0: /* 2 */
		now.losses = (((int)now.losses)+1);
#ifdef VAR_RANGES
		logval("losses", ((int)now.losses));
#endif
		;
		goto S_309_0;
S_309_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[16] = 1; _m = 3; goto P999;

	case 17: // STATE 8 - /work/main/test/model/mail.pml:244 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[2][8] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[17] = 1; _m = 3; goto P999; /* 0 */

		 /* PROC group */
	case 18: // STATE 1 - /work/main/test/model/mail.pml:174 - [((inside[_pid]&&!(lost)))
		// bad hop /work/main/test/model/mail.pml:175 -- at 271, <unless> looking for 237 -- merge 0:0:0 ] (237:0:2 - 1)
		IfNotBlocked
		reached[1][1] = 1;
		if (!((((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 3) ])&& !(((int)now.lost)))))
			continue;
		/* merge: me = arrived(237, 2, 237) */
		reached[1][2] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->me);
		((P1 *)_this)->me = ((int)now.arrived);
#ifdef VAR_RANGES
		logval("group:me", ((int)((P1 *)_this)->me));
#endif
		;
		/* merge: arrived = (arrived+1)(237, 3, 237) */
		reached[1][3] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.arrived);
		now.arrived = (((int)now.arrived)+1);
#ifdef VAR_RANGES
		logval("arrived", ((int)now.arrived));
#endif
		;
		/* stop at bad hop 271, 237 */
		stk_ran[18] = 1; _m = 3; goto P999; /* 2 */
	case 19: // STATE 5 - /work/main/test/model/mail.pml:177 - [((me==0))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][5] = 1;
		if (!((((int)((P1 *)_this)->me)==0)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: me */  (trpt+1)->bup.oval = ((P1 *)_this)->me;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->me = 0;
		stk_ran[19] = 1; _m = 3; goto P999; /* 0 */
	case 20: // STATE 270 - /work/main/test/model/mail.pml:229 - [D_STEP229]
		if (!(boq == -1 && ((int)now.lost)))
			continue;

		reached[1][270] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[20] = 1;
		S_283_0: /* 2 */
		if (!(((int)now.lost)))
			Uerror("block in d_step seq");
S_284_0: /* 2 */
		now.inside[ Index(((P1 *)_this)->_pid, 3) ] = 0;
#ifdef VAR_RANGES
		logval("inside[_pid]", ((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 3) ]));
#endif
		;
S_285_0: /* 2 */
		now.running = (((int)now.running)-1);
#ifdef VAR_RANGES
		logval("running", ((int)now.running));
#endif
		;
S_286_0: /* 2 */
		((P1 *)_this)->me = 0;
#ifdef VAR_RANGES
		logval("group:me", ((int)((P1 *)_this)->me));
#endif
		;
S_287_0: /* 2 */
		((P1 *)_this)->cursor = 0;
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
S_288_0: /* 2 */
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
S_289_0: /* 2 */
		((P1 *)_this)->given = (2-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
S_290_0: /* 2 */
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
S_291_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_292_0: /* 2 */
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		goto S_295_0;
S_295_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[20] = 1; _m = 3; goto P999;

	case 21: // STATE 6 - /work/main/test/model/mail.pml:178 - [cursor = cursor_word] (0:0:1 - 1)
		IfNotBlocked
		reached[1][6] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = ((int)now.cursor_word);
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		stk_ran[21] = 1; _m = 3; goto P999; /* 0 */
	case 22: // STATE 7 - /work/main/test/model/mail.pml:104 - [b = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][7] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		stk_ran[22] = 1; _m = 3; goto P999; /* 0 */
	case 23: // STATE 8 - /work/main/test/model/mail.pml:105 - [busy = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][8] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		stk_ran[23] = 1; _m = 3; goto P999; /* 0 */
	case 24: // STATE 9 - /work/main/test/model/mail.pml:107 - [((b==(2-1)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][9] = 1;
		if (!((((int)((P1 *)_this)->b)==(2-1))))
			continue;
		stk_ran[24] = 1; _m = 3; goto P999; /* 0 */
	case 25: // STATE 11 - /work/main/test/model/mail.pml:112 - [((((b<(2-1))&&(b!=given))&&((box[b]==1)||(box[b]==4))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][11] = 1;
		if (!((((((int)((P1 *)_this)->b)<(2-1))&&(((int)((P1 *)_this)->b)!=((int)((P1 *)_this)->given)))&&((((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==4)))))
			continue;
		stk_ran[25] = 1; _m = 3; goto P999; /* 0 */
	case 26: // STATE 14 - /work/main/test/model/mail.pml:113 - [(((b<(2-1))&&((b==given)||!(((box[b]==1)||(box[b]==4))))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][14] = 1;
		if (!(((((int)((P1 *)_this)->b)<(2-1))&&((((int)((P1 *)_this)->b)==((int)((P1 *)_this)->given))|| !(((((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==4)))))))
			continue;
		stk_ran[26] = 1; _m = 3; goto P999; /* 0 */
	case 27: // STATE 15 - /work/main/test/model/mail.pml:113 - [busy = ((busy||(b==given))||((box[b]==2)||(box[b]==4)))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][15] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = ((((int)((P1 *)_this)->busy)||(((int)((P1 *)_this)->b)==((int)((P1 *)_this)->given)))||((((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==2)||(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==4)));
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		stk_ran[27] = 1; _m = 3; goto P999; /* 0 */
	case 28: // STATE 16 - /work/main/test/model/mail.pml:113 - [b = (b+1)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][16] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = (((int)((P1 *)_this)->b)+1);
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		stk_ran[28] = 1; _m = 3; goto P999; /* 0 */
	case 29: // STATE 22 - /work/main/test/model/mail.pml:79 - [((given==(2-1)))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][22] = 1;
		if (!((((int)((P1 *)_this)->given)==(2-1))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: given */  (trpt+1)->bup.oval = ((P1 *)_this)->given;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		stk_ran[29] = 1; _m = 3; goto P999; /* 0 */
	case 30: // STATE 23 - /work/main/test/model/mail.pml:83 - [(((given<(2-1))&&(box[given]==1)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][23] = 1;
		if (!(((((int)((P1 *)_this)->given)<(2-1))&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1))))
			continue;
		stk_ran[30] = 1; _m = 3; goto P999; /* 0 */
	case 31: // STATE 24 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:0:1 - 1)
		IfNotBlocked
		reached[1][24] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]);
		now.box[ Index(((P1 *)_this)->given, 1) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]));
#endif
		;
		stk_ran[31] = 1; _m = 3; goto P999; /* 0 */
	case 32: // STATE 25 - /work/main/test/model/mail.pml:67 - [holder[job[given]] = (10+given)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][25] = 1;
		(trpt+1)->bup.oval = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		stk_ran[32] = 1; _m = 3; goto P999; /* 0 */
	case 33: // STATE 35 - /work/main/test/model/mail.pml:84 - [D_STEP84]
		if (!(boq == -1 && ((((int)((P1 *)_this)->given)<(2-1))&& !(((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==4))))))
			continue;

		reached[1][35] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[33] = 1;
		S_051_0: /* 2 */
		if (!(((((int)((P1 *)_this)->given)<(2-1))&& !(((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==4))))))
			Uerror("block in d_step seq");
S_057_0: /* 2 */
S_055_0: /* 2 */
S_052_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_053_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
S_054_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_056_0;
S_056_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_092_0;
S_092_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[33] = 1; _m = 3; goto P999;

	case 34: // STATE 36 - /work/main/test/model/mail.pml:85 - [(((given<(2-1))&&(box[given]==4)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][36] = 1;
		if (!(((((int)((P1 *)_this)->given)<(2-1))&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==4))))
			continue;
		stk_ran[34] = 1; _m = 3; goto P999; /* 0 */
	case 35: // STATE 37 - /work/main/test/model/mail.pml:87 - [((box[given]==4))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][37] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==4)))
			continue;
		stk_ran[35] = 1; _m = 3; goto P999; /* 0 */
	case 36: // STATE 38 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:0:1 - 1)
		IfNotBlocked
		reached[1][38] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]);
		now.box[ Index(((P1 *)_this)->given, 1) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]));
#endif
		;
		stk_ran[36] = 1; _m = 3; goto P999; /* 0 */
	case 37: // STATE 39 - /work/main/test/model/mail.pml:67 - [holder[job[given]] = (10+given)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][39] = 1;
		(trpt+1)->bup.oval = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		stk_ran[37] = 1; _m = 3; goto P999; /* 0 */
	case 38: // STATE 42 - /work/main/test/model/mail.pml:88 - [((box[given]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][42] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1)))
			continue;
		stk_ran[38] = 1; _m = 3; goto P999; /* 0 */
	case 39: // STATE 43 - /work/main/test/model/mail.pml:90 - [((box[given]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][43] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1)))
			continue;
		stk_ran[39] = 1; _m = 3; goto P999; /* 0 */
	case 40: // STATE 44 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:0:1 - 1)
		IfNotBlocked
		reached[1][44] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]);
		now.box[ Index(((P1 *)_this)->given, 1) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]));
#endif
		;
		stk_ran[40] = 1; _m = 3; goto P999; /* 0 */
	case 41: // STATE 45 - /work/main/test/model/mail.pml:67 - [holder[job[given]] = (10+given)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][45] = 1;
		(trpt+1)->bup.oval = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		stk_ran[41] = 1; _m = 3; goto P999; /* 0 */
	case 42: // STATE 55 - /work/main/test/model/mail.pml:91 - [D_STEP91]
		if (!(boq == -1 && (((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=1)))
			continue;

		reached[1][55] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[42] = 1;
		S_071_0: /* 2 */
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=1)))
			Uerror("block in d_step seq");
S_077_0: /* 2 */
S_075_0: /* 2 */
S_072_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_073_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
S_074_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_076_0;
S_076_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_080_0;
S_080_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[42] = 1; _m = 3; goto P999;

	case 43: // STATE 65 - /work/main/test/model/mail.pml:93 - [D_STEP93]
		if (!(boq == -1 && ((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=4)&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=1))))
			continue;

		reached[1][65] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[43] = 1;
		S_081_0: /* 2 */
		if (!(((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=4)&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=1))))
			Uerror("block in d_step seq");
S_087_0: /* 2 */
S_085_0: /* 2 */
S_082_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_083_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
S_084_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_086_0;
S_086_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_090_0;
S_090_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[43] = 1; _m = 3; goto P999;

	case 44: // STATE 70 - /work/main/test/model/mail.pml:97 - [given = (2-1)] (0:0:1 - 10)
		IfNotBlocked
		reached[1][70] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (2-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		stk_ran[44] = 1; _m = 3; goto P999; /* 0 */
	case 45: // STATE 72 - /work/main/test/model/mail.pml:130 - [(((b<(2-1))&&(((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][72] = 1;
		if (!(((((int)((P1 *)_this)->b)<(2-1))&&(((((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==1)||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==5))||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==6)))))
			continue;
		stk_ran[45] = 1; _m = 3; goto P999; /* 0 */
	case 46: // STATE 79 - /work/main/test/model/mail.pml:131 - [D_STEP131]
		IfNotBlocked

		reached[1][79] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[46] = 1;
		S_096_0: /* 2 */
		now.status[ Index(((P1 *)_this)->cursor, 2) ] = 2;
#ifdef VAR_RANGES
		logval("status[group:cursor]", ((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_100_0: /* 2 */
S_097_0: /* 2 */
		spin_assert((((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ])==2), "(life[cursor]==2)", II, tt, t);
S_098_0: /* 2 */
		now.life[ Index(((P1 *)_this)->cursor, 2) ] = 3;
#ifdef VAR_RANGES
		logval("life[group:cursor]", ((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_099_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->cursor, 2) ] = ((int)((P1 *)_this)->_pid);
#ifdef VAR_RANGES
		logval("holder[group:cursor]", ((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_101_0;
S_101_0: /* 2 */
		spin_assert(((int)now.words[ Index(((int)((P1 *)_this)->cursor), 2) ]), "words[cursor]", II, tt, t);
		goto S_124_0;
S_124_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[46] = 1; _m = 3; goto P999;

	case 47: // STATE 80 - /work/main/test/model/mail.pml:133 - [((b==(2-1)))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][80] = 1;
		if (!((((int)((P1 *)_this)->b)==(2-1))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: b */  (trpt+1)->bup.oval = ((P1 *)_this)->b;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->b = 0;
		stk_ran[47] = 1; _m = 3; goto P999; /* 0 */
	case 48: // STATE 86 - /work/main/test/model/mail.pml:42 - [D_STEP42]
		/* default 258 */
		

		reached[1][86] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;


		reached[1][86] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		sv_save(); stk_ran[48] = 1;
		S_107_0: /* 2 */
S_104_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ])==3)&&(((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ])==((int)((P1 *)_this)->_pid))), "((life[cursor]==3)&&(holder[cursor]==_pid))", II, tt, t);
S_105_0: /* 2 */
		now.life[ Index(((P1 *)_this)->cursor, 2) ] = 5;
#ifdef VAR_RANGES
		logval("life[group:cursor]", ((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_106_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->cursor, 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[group:cursor]", ((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_108_0;
S_108_0: /* 2 */
		now.status[ Index(((P1 *)_this)->cursor, 2) ] = 3;
#ifdef VAR_RANGES
		logval("status[group:cursor]", ((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_119_0;
S_119_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[48] = 1; _m = 3; goto P999;

	case 49: // STATE 94 - /work/main/test/model/mail.pml:44 - [D_STEP44]
		if (!(boq == -1 && (((int)now.yields[ Index(((int)((P1 *)_this)->cursor), 2) ])==0)))
			continue;

		reached[1][94] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[49] = 1;
		S_110_0: /* 2 */
		if (!((((int)now.yields[ Index(((int)((P1 *)_this)->cursor), 2) ])==0)))
			Uerror("block in d_step seq");
S_111_0: /* 2 */
		now.yields[ Index(((P1 *)_this)->cursor, 2) ] = 1;
#ifdef VAR_RANGES
		logval("yields[group:cursor]", ((int)now.yields[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_115_0: /* 2 */
S_112_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ])==3)&&(((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ])==((int)((P1 *)_this)->_pid))), "((life[cursor]==3)&&(holder[cursor]==_pid))", II, tt, t);
S_113_0: /* 2 */
		now.life[ Index(((P1 *)_this)->cursor, 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[group:cursor]", ((int)now.life[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
S_114_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->cursor, 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[group:cursor]", ((int)now.holder[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_116_0;
S_116_0: /* 2 */
		now.status[ Index(((P1 *)_this)->cursor, 2) ] = 5;
#ifdef VAR_RANGES
		logval("status[group:cursor]", ((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ]));
#endif
		;
		goto S_119_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[49] = 1; _m = 3; goto P999;

	case 50: // STATE 98 - /work/main/test/model/mail.pml:134 - [((b<(2-1)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][98] = 1;
		if (!((((int)((P1 *)_this)->b)<(2-1))))
			continue;
		stk_ran[50] = 1; _m = 3; goto P999; /* 0 */
	case 51: // STATE 99 - /work/main/test/model/mail.pml:134 - [job[b] = cursor] (0:0:1 - 1)
		IfNotBlocked
		reached[1][99] = 1;
		(trpt+1)->bup.oval = ((int)now.job[ Index(((int)((P1 *)_this)->b), 1) ]);
		now.job[ Index(((P1 *)_this)->b, 1) ] = ((int)((P1 *)_this)->cursor);
#ifdef VAR_RANGES
		logval("job[group:b]", ((int)now.job[ Index(((int)((P1 *)_this)->b), 1) ]));
#endif
		;
		stk_ran[51] = 1; _m = 3; goto P999; /* 0 */
	case 52: // STATE 100 - /work/main/test/model/mail.pml:134 - [given = b] (0:0:1 - 1)
		IfNotBlocked
		reached[1][100] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = ((int)((P1 *)_this)->b);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		stk_ran[52] = 1; _m = 3; goto P999; /* 0 */
	case 53: // STATE 103 - /work/main/test/model/mail.pml:136 - [cursor = ((cursor+1)%2)] (0:0:1 - 5)
		IfNotBlocked
		reached[1][103] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = ((((int)((P1 *)_this)->cursor)+1)%2);
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		stk_ran[53] = 1; _m = 3; goto P999; /* 0 */
	case 54: // STATE 104 - /work/main/test/model/mail.pml:137 - [((!((b<(2-1)))&&(((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][104] = 1;
		if (!(( !((((int)((P1 *)_this)->b)<(2-1)))&&(((((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==1)||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==5))||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==6)))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: b */  (trpt+1)->bup.oval = ((P1 *)_this)->b;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->b = 0;
		stk_ran[54] = 1; _m = 3; goto P999; /* 0 */
	case 55: // STATE 105 - /work/main/test/model/mail.pml:138 - [(!((((status[cursor]==1)||(status[cursor]==5))||(status[cursor]==6))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][105] = 1;
		if (!( !((((((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==1)||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==5))||(((int)now.status[ Index(((int)((P1 *)_this)->cursor), 2) ])==6)))))
			continue;
		stk_ran[55] = 1; _m = 3; goto P999; /* 0 */
	case 56: // STATE 106 - /work/main/test/model/mail.pml:138 - [cursor = ((cursor+1)%2)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][106] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = ((((int)((P1 *)_this)->cursor)+1)%2);
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		stk_ran[56] = 1; _m = 3; goto P999; /* 0 */
	case 57: // STATE 109 - /work/main/test/model/mail.pml:140 - [b = 0] (0:0:1 - 4)
		IfNotBlocked
		reached[1][109] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		stk_ran[57] = 1; _m = 3; goto P999; /* 0 */
	case 58: // STATE 110 - /work/main/test/model/mail.pml:141 - [busy = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][110] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		stk_ran[58] = 1; _m = 3; goto P999; /* 0 */
	case 59: // STATE 119 - /work/main/test/model/mail.pml:79 - [((given==(2-1)))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][119] = 1;
		if (!((((int)((P1 *)_this)->given)==(2-1))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: given */  (trpt+1)->bup.oval = ((P1 *)_this)->given;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		stk_ran[59] = 1; _m = 3; goto P999; /* 0 */
	case 60: // STATE 120 - /work/main/test/model/mail.pml:83 - [(((given<(2-1))&&(box[given]==1)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][120] = 1;
		if (!(((((int)((P1 *)_this)->given)<(2-1))&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1))))
			continue;
		stk_ran[60] = 1; _m = 3; goto P999; /* 0 */
	case 61: // STATE 121 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:0:1 - 1)
		IfNotBlocked
		reached[1][121] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]);
		now.box[ Index(((P1 *)_this)->given, 1) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]));
#endif
		;
		stk_ran[61] = 1; _m = 3; goto P999; /* 0 */
	case 62: // STATE 122 - /work/main/test/model/mail.pml:67 - [holder[job[given]] = (10+given)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][122] = 1;
		(trpt+1)->bup.oval = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		stk_ran[62] = 1; _m = 3; goto P999; /* 0 */
	case 63: // STATE 132 - /work/main/test/model/mail.pml:84 - [D_STEP84]
		if (!(boq == -1 && ((((int)((P1 *)_this)->given)<(2-1))&& !(((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==4))))))
			continue;

		reached[1][132] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[63] = 1;
		S_148_0: /* 2 */
		if (!(((((int)((P1 *)_this)->given)<(2-1))&& !(((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1)||(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==4))))))
			Uerror("block in d_step seq");
S_154_0: /* 2 */
S_152_0: /* 2 */
S_149_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_150_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
S_151_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_153_0;
S_153_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_189_0;
S_189_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[63] = 1; _m = 3; goto P999;

	case 64: // STATE 133 - /work/main/test/model/mail.pml:85 - [(((given<(2-1))&&(box[given]==4)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][133] = 1;
		if (!(((((int)((P1 *)_this)->given)<(2-1))&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==4))))
			continue;
		stk_ran[64] = 1; _m = 3; goto P999; /* 0 */
	case 65: // STATE 134 - /work/main/test/model/mail.pml:87 - [((box[given]==4))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][134] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==4)))
			continue;
		stk_ran[65] = 1; _m = 3; goto P999; /* 0 */
	case 66: // STATE 135 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:0:1 - 1)
		IfNotBlocked
		reached[1][135] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]);
		now.box[ Index(((P1 *)_this)->given, 1) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]));
#endif
		;
		stk_ran[66] = 1; _m = 3; goto P999; /* 0 */
	case 67: // STATE 136 - /work/main/test/model/mail.pml:67 - [holder[job[given]] = (10+given)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][136] = 1;
		(trpt+1)->bup.oval = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		stk_ran[67] = 1; _m = 3; goto P999; /* 0 */
	case 68: // STATE 139 - /work/main/test/model/mail.pml:88 - [((box[given]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][139] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1)))
			continue;
		stk_ran[68] = 1; _m = 3; goto P999; /* 0 */
	case 69: // STATE 140 - /work/main/test/model/mail.pml:90 - [((box[given]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][140] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])==1)))
			continue;
		stk_ran[69] = 1; _m = 3; goto P999; /* 0 */
	case 70: // STATE 141 - /work/main/test/model/mail.pml:66 - [box[given] = 2] (0:0:1 - 1)
		IfNotBlocked
		reached[1][141] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]);
		now.box[ Index(((P1 *)_this)->given, 1) ] = 2;
#ifdef VAR_RANGES
		logval("box[group:given]", ((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ]));
#endif
		;
		stk_ran[70] = 1; _m = 3; goto P999; /* 0 */
	case 71: // STATE 142 - /work/main/test/model/mail.pml:67 - [holder[job[given]] = (10+given)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][142] = 1;
		(trpt+1)->bup.oval = ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]);
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = (10+((int)((P1 *)_this)->given));
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		stk_ran[71] = 1; _m = 3; goto P999; /* 0 */
	case 72: // STATE 152 - /work/main/test/model/mail.pml:91 - [D_STEP91]
		if (!(boq == -1 && (((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=1)))
			continue;

		reached[1][152] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[72] = 1;
		S_168_0: /* 2 */
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=1)))
			Uerror("block in d_step seq");
S_174_0: /* 2 */
S_172_0: /* 2 */
S_169_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_170_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
S_171_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_173_0;
S_173_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_177_0;
S_177_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[72] = 1; _m = 3; goto P999;

	case 73: // STATE 162 - /work/main/test/model/mail.pml:93 - [D_STEP93]
		if (!(boq == -1 && ((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=4)&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=1))))
			continue;

		reached[1][162] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[73] = 1;
		S_178_0: /* 2 */
		if (!(((((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=4)&&(((int)now.box[ Index(((int)((P1 *)_this)->given), 1) ])!=1))))
			Uerror("block in d_step seq");
S_184_0: /* 2 */
S_182_0: /* 2 */
S_179_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==3)&&(((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ])==((int)((P1 *)_this)->_pid))), "((life[job[given]]==3)&&(holder[job[given]]==_pid))", II, tt, t);
S_180_0: /* 2 */
		now.life[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[job[group:given]]", ((int)now.life[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
S_181_0: /* 2 */
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[job[group:given]]", ((int)now.holder[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_183_0;
S_183_0: /* 2 */
		now.status[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = 6;
#ifdef VAR_RANGES
		logval("status[job[group:given]]", ((int)now.status[ Index(((int)now.job[ Index(((int)((P1 *)_this)->given), 1) ]), 2) ]));
#endif
		;
		goto S_187_0;
S_187_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[73] = 1; _m = 3; goto P999;

	case 74: // STATE 167 - /work/main/test/model/mail.pml:97 - [given = (2-1)] (0:0:2 - 10)
		IfNotBlocked
		reached[1][167] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (2-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		if (TstOnly) return 1; /* TT */
		/* dead 2: given */  
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->given = 0;
		stk_ran[74] = 1; _m = 3; goto P999; /* 0 */
	case 75: // STATE 169 - /work/main/test/model/mail.pml:187 - [cursor_word = cursor] (0:0:1 - 1)
		IfNotBlocked
		reached[1][169] = 1;
		(trpt+1)->bup.oval = ((int)now.cursor_word);
		now.cursor_word = ((int)((P1 *)_this)->cursor);
#ifdef VAR_RANGES
		logval("cursor_word", ((int)now.cursor_word));
#endif
		;
		stk_ran[75] = 1; _m = 3; goto P999; /* 0 */
	case 76: // STATE 170 - /work/main/test/model/mail.pml:188 - [stop = 1] (0:0:1 - 1)
		IfNotBlocked
		reached[1][170] = 1;
		(trpt+1)->bup.oval = ((int)now.stop);
		now.stop = 1;
#ifdef VAR_RANGES
		logval("stop", ((int)now.stop));
#endif
		;
		stk_ran[76] = 1; _m = 3; goto P999; /* 0 */
	case 77: // STATE 171 - /work/main/test/model/mail.pml:189 - [((me!=0))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][171] = 1;
		if (!((((int)((P1 *)_this)->me)!=0)))
			continue;
		stk_ran[77] = 1; _m = 3; goto P999; /* 0 */
	case 78: // STATE 172 - /work/main/test/model/mail.pml:190 - [b = (me-1)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][172] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = (((int)((P1 *)_this)->me)-1);
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		stk_ran[78] = 1; _m = 3; goto P999; /* 0 */
	case 79: // STATE 173 - /work/main/test/model/mail.pml:191 - [box[b] = 1] (0:0:1 - 1)
		IfNotBlocked
		reached[1][173] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]);
		now.box[ Index(((P1 *)_this)->b, 1) ] = 1;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]));
#endif
		;
		stk_ran[79] = 1; _m = 3; goto P999; /* 0 */
	case 80: // STATE 174 - /work/main/test/model/mail.pml:193 - [((box[b]==2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][174] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==2)))
			continue;
		stk_ran[80] = 1; _m = 3; goto P999; /* 0 */
	case 81: // STATE 177 - /work/main/test/model/mail.pml:151 - [D_STEP151]
		IfNotBlocked

		reached[1][177] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[81] = 1;
		S_198_0: /* 2 */
		((P1 *)_this)->mine = ((int)now.job[ Index(((int)((P1 *)_this)->b), 1) ]);
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_199_0: /* 2 */
		now.job[ Index(((P1 *)_this)->b, 1) ] = 0;
#ifdef VAR_RANGES
		logval("job[group:b]", ((int)now.job[ Index(((int)((P1 *)_this)->b), 1) ]));
#endif
		;
		goto S_205_0;
S_205_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[81] = 1; _m = 3; goto P999;

	case 82: // STATE 178 - /work/main/test/model/mail.pml:153 - [stays = 1] (0:0:1 - 1)
		IfNotBlocked
		reached[1][178] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->stays);
		((P1 *)_this)->stays = 1;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		stk_ran[82] = 1; _m = 3; goto P999; /* 0 */
	case 83: // STATE 179 - /work/main/test/model/mail.pml:153 - [box[b] = 4] (0:0:1 - 1)
		IfNotBlocked
		reached[1][179] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]);
		now.box[ Index(((P1 *)_this)->b, 1) ] = 4;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]));
#endif
		;
		stk_ran[83] = 1; _m = 3; goto P999; /* 0 */
	case 84: // STATE 180 - /work/main/test/model/mail.pml:154 - [(stop)] (0:0:0 - 1)
		IfNotBlocked
		reached[1][180] = 1;
		if (!(((int)now.stop)))
			continue;
		stk_ran[84] = 1; _m = 3; goto P999; /* 0 */
	case 85: // STATE 181 - /work/main/test/model/mail.pml:154 - [stays = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][181] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->stays);
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		stk_ran[85] = 1; _m = 3; goto P999; /* 0 */
	case 86: // STATE 189 - /work/main/test/model/mail.pml:42 - [D_STEP42]
		/* default 258 */
		

		reached[1][189] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;


		reached[1][189] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		sv_save(); stk_ran[86] = 1;
		S_210_0: /* 2 */
S_207_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)((P1 *)_this)->mine), 2) ])==3)&&(((int)now.holder[ Index(((int)((P1 *)_this)->mine), 2) ])==(10+((int)((P1 *)_this)->b)))), "((life[mine]==3)&&(holder[mine]==(10+b)))", II, tt, t);
S_208_0: /* 2 */
		now.life[ Index(((P1 *)_this)->mine, 2) ] = 5;
#ifdef VAR_RANGES
		logval("life[group:mine]", ((int)now.life[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
S_209_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->mine, 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[group:mine]", ((int)now.holder[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
		goto S_211_0;
S_211_0: /* 2 */
		now.status[ Index(((P1 *)_this)->mine, 2) ] = 3;
#ifdef VAR_RANGES
		logval("status[group:mine]", ((int)now.status[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
		goto S_222_0;
S_222_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[86] = 1; _m = 3; goto P999;

	case 87: // STATE 197 - /work/main/test/model/mail.pml:44 - [D_STEP44]
		if (!(boq == -1 && (((int)now.yields[ Index(((int)((P1 *)_this)->mine), 2) ])==0)))
			continue;

		reached[1][197] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[87] = 1;
		S_213_0: /* 2 */
		if (!((((int)now.yields[ Index(((int)((P1 *)_this)->mine), 2) ])==0)))
			Uerror("block in d_step seq");
S_214_0: /* 2 */
		now.yields[ Index(((P1 *)_this)->mine, 2) ] = 1;
#ifdef VAR_RANGES
		logval("yields[group:mine]", ((int)now.yields[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
S_218_0: /* 2 */
S_215_0: /* 2 */
		spin_assert(((((int)now.life[ Index(((int)((P1 *)_this)->mine), 2) ])==3)&&(((int)now.holder[ Index(((int)((P1 *)_this)->mine), 2) ])==(10+((int)((P1 *)_this)->b)))), "((life[mine]==3)&&(holder[mine]==(10+b)))", II, tt, t);
S_216_0: /* 2 */
		now.life[ Index(((P1 *)_this)->mine, 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[group:mine]", ((int)now.life[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
S_217_0: /* 2 */
		now.holder[ Index(((P1 *)_this)->mine, 2) ] = 0;
#ifdef VAR_RANGES
		logval("holder[group:mine]", ((int)now.holder[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
		goto S_219_0;
S_219_0: /* 2 */
		now.status[ Index(((P1 *)_this)->mine, 2) ] = 5;
#ifdef VAR_RANGES
		logval("status[group:mine]", ((int)now.status[ Index(((int)((P1 *)_this)->mine), 2) ]));
#endif
		;
		goto S_222_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[87] = 1; _m = 3; goto P999;

	case 88: // STATE 204 - /work/main/test/model/mail.pml:162 - [D_STEP162]
		if (!(boq == -1 &&  !(((int)((P1 *)_this)->stays))))
			continue;

		reached[1][204] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[88] = 1;
		S_224_0: /* 2 */
		if (!( !(((int)((P1 *)_this)->stays))))
			Uerror("block in d_step seq");
S_225_0: /* 2 */
		now.box[ Index(((P1 *)_this)->b, 1) ] = 3;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]));
#endif
		;
S_226_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
		goto S_243_0;
S_243_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[88] = 1; _m = 3; goto P999;

	case 89: // STATE 209 - /work/main/test/model/mail.pml:163 - [D_STEP163]
		if (!(boq == -1 && (((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==4))))
			continue;

		reached[1][209] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[89] = 1;
		S_228_0: /* 2 */
		if (!((((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==4))))
			Uerror("block in d_step seq");
S_229_0: /* 2 */
		now.box[ Index(((P1 *)_this)->b, 1) ] = 1;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]));
#endif
		;
S_230_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_231_0: /* 2 */
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		goto S_243_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[89] = 1; _m = 3; goto P999;

	case 90: // STATE 214 - /work/main/test/model/mail.pml:164 - [D_STEP164]
		if (!(boq == -1 && ((((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==4))&&((int)now.stop))))
			continue;

		reached[1][214] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[90] = 1;
		S_233_0: /* 2 */
		if (!(((((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==4))&&((int)now.stop))))
			Uerror("block in d_step seq");
S_234_0: /* 2 */
		now.box[ Index(((P1 *)_this)->b, 1) ] = 3;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]));
#endif
		;
S_235_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_236_0: /* 2 */
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		goto S_243_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[90] = 1; _m = 3; goto P999;

	case 91: // STATE 218 - /work/main/test/model/mail.pml:165 - [D_STEP165]
		if (!(boq == -1 && (((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==2))))
			continue;

		reached[1][218] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[91] = 1;
		S_238_0: /* 2 */
		if (!((((int)((P1 *)_this)->stays)&&(((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==2))))
			Uerror("block in d_step seq");
S_239_0: /* 2 */
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
S_240_0: /* 2 */
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		goto S_243_0; /* ';' */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[91] = 1; _m = 3; goto P999;

	case 92: // STATE 222 - /work/main/test/model/mail.pml:194 - [((box[b]==3))] (0:0:1 - 1)
		IfNotBlocked
		reached[1][222] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==3)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: b */  (trpt+1)->bup.oval = ((P1 *)_this)->b;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P1 *)_this)->b = 0;
		stk_ran[92] = 1; _m = 3; goto P999; /* 0 */
	case 93: // STATE 224 - /work/main/test/model/mail.pml:195 - [(((box[b]==1)&&stop))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][224] = 1;
		if (!(((((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==1)&&((int)now.stop))))
			continue;
		stk_ran[93] = 1; _m = 3; goto P999; /* 0 */
	case 94: // STATE 225 - /work/main/test/model/mail.pml:200 - [((box[b]==1))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][225] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==1)))
			continue;
		stk_ran[94] = 1; _m = 3; goto P999; /* 0 */
	case 95: // STATE 226 - /work/main/test/model/mail.pml:200 - [box[b] = 3] (0:0:1 - 1)
		IfNotBlocked
		reached[1][226] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]);
		now.box[ Index(((P1 *)_this)->b, 1) ] = 3;
#ifdef VAR_RANGES
		logval("box[group:b]", ((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ]));
#endif
		;
		stk_ran[95] = 1; _m = 3; goto P999; /* 0 */
	case 96: // STATE 229 - /work/main/test/model/mail.pml:201 - [((box[b]==2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][229] = 1;
		if (!((((int)now.box[ Index(((int)((P1 *)_this)->b), 1) ])==2)))
			continue;
		stk_ran[96] = 1; _m = 3; goto P999; /* 0 */
	case 97: // STATE 239 - /work/main/test/model/mail.pml:217 - [left = (left+1)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][239] = 1;
		(trpt+1)->bup.oval = ((int)now.left);
		now.left = (((int)now.left)+1);
#ifdef VAR_RANGES
		logval("left", ((int)now.left));
#endif
		;
		stk_ran[97] = 1; _m = 3; goto P999; /* 0 */
	case 98: // STATE 240 - /work/main/test/model/mail.pml:219 - [((left==2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][240] = 1;
		if (!((((int)now.left)==2)))
			continue;
		stk_ran[98] = 1; _m = 3; goto P999; /* 0 */
	case 99: // STATE 241 - /work/main/test/model/mail.pml:220 - [assert(((life[0]!=3)&&(life[1]!=3)))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][241] = 1;
		spin_assert(((((int)now.life[0])!=3)&&(((int)now.life[1])!=3)), "((life[0]!=3)&&(life[1]!=3))", II, tt, t);
		stk_ran[99] = 1; _m = 3; goto P999; /* 0 */
	case 100: // STATE 242 - /work/main/test/model/mail.pml:221 - [left = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][242] = 1;
		(trpt+1)->bup.oval = ((int)now.left);
		now.left = 0;
#ifdef VAR_RANGES
		logval("left", ((int)now.left));
#endif
		;
		stk_ran[100] = 1; _m = 3; goto P999; /* 0 */
	case 101: // STATE 243 - /work/main/test/model/mail.pml:221 - [arrived = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][243] = 1;
		(trpt+1)->bup.oval = ((int)now.arrived);
		now.arrived = 0;
#ifdef VAR_RANGES
		logval("arrived", ((int)now.arrived));
#endif
		;
		stk_ran[101] = 1; _m = 3; goto P999; /* 0 */
	case 102: // STATE 244 - /work/main/test/model/mail.pml:221 - [stop = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][244] = 1;
		(trpt+1)->bup.oval = ((int)now.stop);
		now.stop = 0;
#ifdef VAR_RANGES
		logval("stop", ((int)now.stop));
#endif
		;
		stk_ran[102] = 1; _m = 3; goto P999; /* 0 */
	case 103: // STATE 245 - /work/main/test/model/mail.pml:221 - [box[0] = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][245] = 1;
		(trpt+1)->bup.oval = ((int)now.box[0]);
		now.box[0] = 0;
#ifdef VAR_RANGES
		logval("box[0]", ((int)now.box[0]));
#endif
		;
		stk_ran[103] = 1; _m = 3; goto P999; /* 0 */
	case 104: // STATE 246 - /work/main/test/model/mail.pml:221 - [box[((2-1)-1)] = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][246] = 1;
		(trpt+1)->bup.oval = ((int)now.box[ Index(((2-1)-1), 1) ]);
		now.box[ Index(((2-1)-1), 1) ] = 0;
#ifdef VAR_RANGES
		logval("box[((2-1)-1)]", ((int)now.box[ Index(((2-1)-1), 1) ]));
#endif
		;
		stk_ran[104] = 1; _m = 3; goto P999; /* 0 */
	case 105: // STATE 250 - /work/main/test/model/mail.pml:224 - [inside[_pid] = 0] (0:0:1 - 3)
		IfNotBlocked
		reached[1][250] = 1;
		(trpt+1)->bup.oval = ((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 3) ]);
		now.inside[ Index(((P1 *)_this)->_pid, 3) ] = 0;
#ifdef VAR_RANGES
		logval("inside[_pid]", ((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 3) ]));
#endif
		;
		stk_ran[105] = 1; _m = 3; goto P999; /* 0 */
	case 106: // STATE 251 - /work/main/test/model/mail.pml:224 - [running = (running-1)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][251] = 1;
		(trpt+1)->bup.oval = ((int)now.running);
		now.running = (((int)now.running)-1);
#ifdef VAR_RANGES
		logval("running", ((int)now.running));
#endif
		;
		stk_ran[106] = 1; _m = 3; goto P999; /* 0 */
	case 107: // STATE 252 - /work/main/test/model/mail.pml:224 - [me = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][252] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->me);
		((P1 *)_this)->me = 0;
#ifdef VAR_RANGES
		logval("group:me", ((int)((P1 *)_this)->me));
#endif
		;
		stk_ran[107] = 1; _m = 3; goto P999; /* 0 */
	case 108: // STATE 253 - /work/main/test/model/mail.pml:224 - [cursor = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][253] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->cursor);
		((P1 *)_this)->cursor = 0;
#ifdef VAR_RANGES
		logval("group:cursor", ((int)((P1 *)_this)->cursor));
#endif
		;
		stk_ran[108] = 1; _m = 3; goto P999; /* 0 */
	case 109: // STATE 254 - /work/main/test/model/mail.pml:224 - [b = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][254] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->b);
		((P1 *)_this)->b = 0;
#ifdef VAR_RANGES
		logval("group:b", ((int)((P1 *)_this)->b));
#endif
		;
		stk_ran[109] = 1; _m = 3; goto P999; /* 0 */
	case 110: // STATE 255 - /work/main/test/model/mail.pml:224 - [given = (2-1)] (0:0:1 - 1)
		IfNotBlocked
		reached[1][255] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->given);
		((P1 *)_this)->given = (2-1);
#ifdef VAR_RANGES
		logval("group:given", ((int)((P1 *)_this)->given));
#endif
		;
		stk_ran[110] = 1; _m = 3; goto P999; /* 0 */
	case 111: // STATE 256 - /work/main/test/model/mail.pml:224 - [busy = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][256] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->busy);
		((P1 *)_this)->busy = 0;
#ifdef VAR_RANGES
		logval("group:busy", ((int)((P1 *)_this)->busy));
#endif
		;
		stk_ran[111] = 1; _m = 3; goto P999; /* 0 */
	case 112: // STATE 257 - /work/main/test/model/mail.pml:224 - [mine = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][257] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->mine);
		((P1 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("group:mine", ((int)((P1 *)_this)->mine));
#endif
		;
		stk_ran[112] = 1; _m = 3; goto P999; /* 0 */
	case 113: // STATE 258 - /work/main/test/model/mail.pml:224 - [stays = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[1][258] = 1;
		(trpt+1)->bup.oval = ((int)((P1 *)_this)->stays);
		((P1 *)_this)->stays = 0;
#ifdef VAR_RANGES
		logval("group:stays", ((int)((P1 *)_this)->stays));
#endif
		;
		stk_ran[113] = 1; _m = 3; goto P999; /* 0 */
	case 114: // STATE 276 - /work/main/test/model/mail.pml:231 - [D_STEP231]
		if (!(boq == -1 && (((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 3) ])&&((int)now.lost))))
			continue;

		reached[1][276] = 1;
		reached[1][t->st] = 1;
		reached[1][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[114] = 1;
		S_296_0: /* 2 */
		if (!((((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 3) ])&&((int)now.lost))))
			Uerror("block in d_step seq");
S_297_0: /* 2 */
		now.inside[ Index(((P1 *)_this)->_pid, 3) ] = 0;
#ifdef VAR_RANGES
		logval("inside[_pid]", ((int)now.inside[ Index(((int)((P1 *)_this)->_pid), 3) ]));
#endif
		;
S_298_0: /* 2 */
		now.running = (((int)now.running)-1);
#ifdef VAR_RANGES
		logval("running", ((int)now.running));
#endif
		;
		goto S_301_0;
S_301_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[114] = 1; _m = 3; goto P999;

	case 115: // STATE 280 - /work/main/test/model/mail.pml:234 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[1][280] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[115] = 1; _m = 3; goto P999; /* 0 */

		 /* PROC publisher */
	case 116: // STATE 10 - /work/main/test/model/machine.pml:219 - [D_STEP219]
		if (!(boq == -1 && ((((((int)now.tail)+4)-((int)now.head))%4)<2)))
			continue;

		reached[0][10] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[116] = 1;
		S_000_0: /* 2 */
		if (!(((((((int)now.tail)+4)-((int)now.head))%4)<2)))
			Uerror("block in d_step seq");
S_001_0: /* 2 */
		((P0 *)_this)->mine = ((int)now.tail);
#ifdef VAR_RANGES
		logval("publisher:mine", ((int)((P0 *)_this)->mine));
#endif
		;
S_002_0: /* 2 */
		spin_assert((((int)now.status[ Index((((int)((P0 *)_this)->mine)%2), 2) ])==0), "(status[(mine%2)]==0)", II, tt, t);
S_003_0: /* 2 */
		now.tail = ((((int)((P0 *)_this)->mine)+1)%4);
#ifdef VAR_RANGES
		logval("tail", ((int)now.tail));
#endif
		;
S_008_0: /* 2 */
S_004_0: /* 2 */
		spin_assert((((int)now.life[ Index((((int)((P0 *)_this)->mine)%2), 2) ])==0), "(life[(mine%2)]==0)", II, tt, t);
S_005_0: /* 2 */
		now.life[ Index((((P0 *)_this)->mine%2), 2) ] = 1;
#ifdef VAR_RANGES
		logval("life[(publisher:mine%2)]", ((int)now.life[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_006_0: /* 2 */
		now.owner[ Index((((P0 *)_this)->mine%2), 2) ] = ((int)((P0 *)_this)->mine);
#ifdef VAR_RANGES
		logval("owner[(publisher:mine%2)]", ((int)now.owner[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_007_0: /* 2 */
		now.words[ Index((((P0 *)_this)->mine%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("words[(publisher:mine%2)]", ((int)now.words[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
		goto S_019_0;
S_019_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[116] = 1; _m = 3; goto P999;

	case 117: // STATE 19 - /work/main/test/model/machine.pml:224 - [D_STEP224]
		IfNotBlocked

		reached[0][19] = 1;
		reached[0][t->st] = 1;
		reached[0][tt] = 1;

		if (TstOnly) return 1;

		sv_save(); stk_ran[117] = 1;
		S_011_0: /* 2 */
		now.words[ Index((((P0 *)_this)->mine%2), 2) ] = 1;
#ifdef VAR_RANGES
		logval("words[(publisher:mine%2)]", ((int)now.words[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_012_0: /* 2 */
		now.yields[ Index((((P0 *)_this)->mine%2), 2) ] = 0;
#ifdef VAR_RANGES
		logval("yields[(publisher:mine%2)]", ((int)now.yields[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_015_0: /* 2 */
S_013_0: /* 2 */
		spin_assert(((((int)now.life[ Index((((int)((P0 *)_this)->mine)%2), 2) ])==1)&&(((int)now.owner[ Index((((int)((P0 *)_this)->mine)%2), 2) ])==((int)((P0 *)_this)->mine))), "((life[(mine%2)]==1)&&(owner[(mine%2)]==mine))", II, tt, t);
S_014_0: /* 2 */
		now.life[ Index((((P0 *)_this)->mine%2), 2) ] = 2;
#ifdef VAR_RANGES
		logval("life[(publisher:mine%2)]", ((int)now.life[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
		goto S_016_0;
S_016_0: /* 2 */
		now.status[ Index((((P0 *)_this)->mine%2), 2) ] = 1;
#ifdef VAR_RANGES
		logval("status[(publisher:mine%2)]", ((int)now.status[ Index((((int)((P0 *)_this)->mine)%2), 2) ]));
#endif
		;
S_017_0: /* 2 */
		((P0 *)_this)->mine = 0;
#ifdef VAR_RANGES
		logval("publisher:mine", ((int)((P0 *)_this)->mine));
#endif
		;
		goto S_021_0;
S_021_0: /* 1 */

#if defined(C_States) && (HAS_TRACK==1)
		c_update((uchar *) &(now.c_state[0]));
#endif
		stk_ran[117] = 1; _m = 3; goto P999;

	case 118: // STATE 24 - /work/main/test/model/mail.pml:55 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[0][24] = 1;
		if (!delproc(1, II)) continue;
		stk_ran[118] = 1; _m = 3; goto P999; /* 0 */
	case  _T5:	/* np_ */
		if (!((!(trpt->o_pm&4) && !(trpt->tau&128))))
			continue;
		/* else fall through */
	case  _T2:	/* true */
		stk_ran[118] = 1; _m = 3; goto P999;
#undef rand
	}

